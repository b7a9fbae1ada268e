// A circuit breaker for each endpoint. Closed: while an endpoint works, all its lanes post freely. Open:
// after a failure nothing new is posted. Half-open: one lane, the probe, retries with growing pauses;
// deliveries of other lanes that were under way and fail too are blocked. A success closes the breaker
// and wakes them all; when the probe's delivery is given up, the next blocked lane becomes the probe.
import type { Clock } from "../queue/clock.ts";

/** What the breakers act on. */
export interface TurnParts {
  readonly clock: Clock;
  /** Makes a blocked or paused lane try again at once. */
  readonly wake: (lane: string) => void;
  /** Reports that an endpoint may be given a new delivery. */
  readonly free: (routeId: string) => void;
}

interface OpenBreaker {
  /** In a row. */
  failures: number;
  /** The lane that may try. Null during a pause between two deliveries, and when no delivery for the endpoint is left in the queue. */
  probe: string | null;
  /** Lanes whose delivery has failed while another lane was the probe, in the order in which they failed. */
  readonly blocked: string[];
  cancelPause: (() => void) | null;
}

/** The breakers of all endpoints. An endpoint that works has none, so their number is bounded by what fails. */
export class Turns {
  readonly #parts: TurnParts;
  /** By route id. */
  readonly #open: Map<string, OpenBreaker> = new Map();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Whether the endpoint may be given one more delivery. */
  mayBegin(routeId: string): boolean {
    const breaker = this.#open.get(routeId);
    return breaker === undefined || (breaker.probe === null && breaker.cancelPause === null);
  }

  /** A lane of the endpoint has been given a delivery. */
  begin(routeId: string, lane: string): void {
    const breaker = this.#open.get(routeId);
    if (breaker !== undefined) breaker.probe ??= lane;
  }

  /** An attempt has failed. Returns the number of failures in a row, or null when the lane is not the probe; then the caller must `block` it. */
  failed(routeId: string, lane: string): number | null {
    const breaker = this.#open.get(routeId);
    if (breaker === undefined) {
      const first: OpenBreaker = { failures: 1, probe: lane, blocked: [], cancelPause: null };
      this.#open.set(routeId, first);
      return 1;
    }
    if (breaker.cancelPause === null) breaker.probe ??= lane;
    return breaker.probe === lane ? ++breaker.failures : null;
  }

  /** Blocks a lane that is not the probe. It is woken when the endpoint works, or when it becomes the probe. */
  block(routeId: string, lane: string): void {
    this.#open.get(routeId)?.blocked.push(lane);
  }

  /** The lane's delivery has been given up. If the lane was the probe, another takes its place after the pause. */
  passOn(routeId: string, lane: string, pauseMs: number): void {
    const breaker = this.#open.get(routeId);
    if (breaker === undefined || breaker.probe !== lane) return;
    breaker.probe = null;
    if (pauseMs <= 0) return this.#nextProbe(routeId, breaker);
    breaker.cancelPause = this.#parts.clock.after(pauseMs, () => this.#nextProbe(routeId, breaker));
  }

  /** The endpoint has accepted a delivery: closes its breaker and wakes its lanes. */
  succeeded(routeId: string): void {
    const breaker = this.#open.get(routeId);
    if (breaker === undefined) return;
    this.#open.delete(routeId);
    breaker.cancelPause?.();
    if (breaker.probe !== null) this.#parts.wake(breaker.probe);
    for (const lane of breaker.blocked) this.#parts.wake(lane);
    this.#parts.free(routeId);
  }

  /** Ends all pauses and lets every blocked lane try once more, because the process is about to stop. */
  hurry(): void {
    for (const [routeId, breaker] of this.#open) {
      if (breaker.probe !== null) this.#parts.wake(breaker.probe);
      for (const lane of breaker.blocked.splice(0)) this.#parts.wake(lane);
      if (breaker.cancelPause !== null) this.#nextProbe(routeId, breaker);
    }
  }

  #nextProbe(routeId: string, breaker: OpenBreaker): void {
    breaker.cancelPause?.();
    breaker.cancelPause = null;
    breaker.probe = breaker.blocked.shift() ?? null;
    if (breaker.probe === null) this.#parts.free(routeId);
    else this.#parts.wake(breaker.probe);
  }
}

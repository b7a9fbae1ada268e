// Whose turn it is to ask an endpoint that fails. While an endpoint works, all its lanes post as they
// like. As soon as one of them fails, it alone goes on asking, ever more rarely; what was under way in
// the others and fails too waits until the endpoint works again or the turn is passed on.
import type { Clock } from "../queue/clock.ts";

/** What turns do. */
export interface TurnParts {
  readonly clock: Clock;
  /** Lets a lane that waits try again at once. */
  readonly wake: (lane: string) => void;
  /** Says that an endpoint may be handed something. */
  readonly free: (routeId: string) => void;
}

interface Failing {
  /** In a row. */
  failures: number;
  /** The lane whose turn it is. Null during a pause, and when nothing of the endpoint is left in the queue. */
  holder: string | null;
  /** Lanes that wait for their turn. */
  readonly waiting: string[];
  cancelPause: (() => void) | null;
}

/** The turns of all endpoints that fail. */
export class Turns {
  readonly #parts: TurnParts;
  readonly #failing: Map<string, Failing> = new Map();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Whether the endpoint may be handed one delivery more. */
  mayBegin(routeId: string): boolean {
    const failing = this.#failing.get(routeId);
    return failing === undefined || (failing.holder === null && failing.cancelPause === null);
  }

  /** A lane of the endpoint has been handed a delivery. */
  begin(routeId: string, lane: string): void {
    const failing = this.#failing.get(routeId);
    if (failing !== undefined) failing.holder ??= lane;
  }

  /** An attempt has failed. Answers how many have in a row, or null when it was not the lane's turn. */
  failed(routeId: string, lane: string): number | null {
    const failing = this.#failing.get(routeId);
    if (failing === undefined) {
      const first: Failing = { failures: 1, holder: lane, waiting: [], cancelPause: null };
      this.#failing.set(routeId, first);
      return 1;
    }
    if (failing.cancelPause === null) failing.holder ??= lane;
    return failing.holder === lane ? ++failing.failures : null;
  }

  /** The lane's delivery waits for its turn, to be woken then. */
  wait(routeId: string, lane: string): void {
    this.#failing.get(routeId)?.waiting.push(lane);
  }

  /** The lane's delivery has been given up: the next one has the turn after a pause. */
  passOn(routeId: string, lane: string, pauseMs: number): void {
    const failing = this.#failing.get(routeId);
    if (failing === undefined || failing.holder !== lane) return;
    failing.holder = null;
    if (pauseMs <= 0) return this.#next(routeId, failing);
    failing.cancelPause = this.#parts.clock.after(pauseMs, () => this.#next(routeId, failing));
  }

  /** The endpoint has taken a delivery: it works. */
  succeeded(routeId: string): void {
    const failing = this.#failing.get(routeId);
    if (failing === undefined) return;
    this.#failing.delete(routeId);
    failing.cancelPause?.();
    if (failing.holder !== null) this.#parts.wake(failing.holder);
    for (const lane of failing.waiting) this.#parts.wake(lane);
    this.#parts.free(routeId);
  }

  /** Ends all pauses and lets all try once more that wait, because time runs out. */
  hurry(): void {
    for (const [routeId, failing] of this.#failing) {
      if (failing.holder !== null) this.#parts.wake(failing.holder);
      for (const lane of failing.waiting.splice(0)) this.#parts.wake(lane);
      if (failing.cancelPause !== null) this.#next(routeId, failing);
    }
  }

  #next(routeId: string, failing: Failing): void {
    failing.cancelPause?.();
    failing.cancelPause = null;
    failing.holder = failing.waiting.shift() ?? null;
    if (failing.holder === null) this.#parts.free(routeId);
    else this.#parts.wake(failing.holder);
  }
}

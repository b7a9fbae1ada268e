// Finding sockets that do not keep up. A publish only says that somebody lags; who it is is looked
// for a little later, so that a publish never loops over subscribers: in small steps, between which the
// others are served, or at once when so much has been published meanwhile that somebody's buffer could
// grow too large.
import type { Socket } from "../hub/ports.ts";
import type { StepClock } from "./steps.ts";

/** All that is asked of a socket here. */
type Checked = Pick<Socket, "checkBuffer">;

const LOOK_MS = 50;
/** A look at very many sockets takes a while; the next waits so many times as long. */
const REST = 20;
/** Of one step: everybody's frames wait for its end. */
const STEP_MS = 1;
/** Looks between two at the clock. */
const LOOKS_PER_CHECK = 10;

/** Looks at all sockets when one of them may lag. */
export class SlowSearch {
  readonly #sockets: () => Iterable<Checked>;
  readonly #clock: StepClock;
  readonly #lookBytes: number;
  #waiting = false;
  #restMs = 0;
  #soon = false;
  readonly #suspects = new Set<Checked>();
  /** Published since the last look began: no buffer can have grown by more. */
  #bytes = 0;

  /** `lookBytes` is what may be published between two looks while somebody lags. */
  constructor(sockets: () => Iterable<Checked>, clock: StepClock, lookBytes: number) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#lookBytes = lookBytes;
  }

  /** A frame was published, with the status that the runtime gave: 0 or less when some socket's buffer is not empty. */
  published(bytes: number, status: number): void {
    this.#bytes += bytes;
    if (status > 0) return;
    // Never on the spot: whoever publishes is in the middle of a step on the sockets that would be moved.
    if (this.#bytes >= this.#lookBytes) this.#lookSoon();
    else this.#lookLater();
  }

  /** What was sent to this socket alone waits. */
  suspect(socket: Checked): void {
    const isFirst = this.#suspects.size === 0;
    this.#suspects.add(socket);
    if (!isFirst) return;
    this.#clock.later(() => {
      const suspects = [...this.#suspects];
      this.#suspects.clear();
      lookInSteps(suspects, this.#clock);
    }, LOOK_MS);
  }

  #lookSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#bytes = 0;
      for (const socket of this.#sockets()) socket.checkBuffer();
    });
  }

  #lookLater(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#clock.later(
      () => {
        this.#bytes = 0;
        lookInSteps(this.#sockets(), this.#clock, (busyMs) => {
          this.#waiting = false;
          this.#restMs = busyMs * REST;
        });
      },
      Math.max(LOOK_MS, this.#restMs),
    );
  }
}

/** Looks at the sockets in small steps, and says how long that kept others waiting. Closing a thousand in one go would be felt by all of them. */
export function lookInSteps(
  sockets: Iterable<Checked>,
  clock: StepClock,
  done: (busyMs: number) => void = () => {},
): void {
  const rest = sockets[Symbol.iterator]();
  let busyMs = 0;
  step();

  function step(): void {
    const startMs = clock.nowMs();
    const isOver = lookFor(STEP_MS);
    busyMs += clock.nowMs() - startMs;
    if (isOver) done(busyMs);
    else clock.later(step, 0);
  }

  function lookFor(durationMs: number): boolean {
    const endMs = clock.nowMs() + durationMs;
    do {
      for (let count = 0; count < LOOKS_PER_CHECK; count++) {
        const next = rest.next();
        if (next.done === true) return true;
        next.value.checkBuffer();
      }
    } while (clock.nowMs() < endMs);
    return false;
  }
}

// Finds the sockets that lag. The runtime's publish reports only that some socket on the topic
// lags. The search for it runs a little later, so that a publish never loops over subscribers. It
// proceeds in small steps with other work in between, but runs at once if so much has been
// published in the meantime that a buffer could grow too large.
import type { Peer } from "../hub/ports.ts";
import type { StepClock } from "./steps.ts";

/** What the search needs of a socket. */
type Checked = Pick<Peer, "checkBuffer">;

const SEARCH_DELAY_MS = 50;
/** A search over very many sockets takes some time. The next search waits this many times as long. */
const PAUSE_FACTOR = 20;
/** The length of one step. Frames that arrive during a step wait until it ends. */
const STEP_MS = 1;
/** Checks between two readings of the clock. */
const CHECKS_PER_READING = 10;

/** Checks all sockets when one of them may lag. */
export class LagSearch {
  readonly #sockets: () => Iterable<Checked>;
  readonly #clock: StepClock;
  readonly #searchBytes: number;
  #isDue = false;
  #pauseMs = 0;
  #isDueSoon = false;
  readonly #toCheck = new Set<Checked>();
  /** Bytes published since the last search began. No buffer can have grown by more than that. */
  #bytes = 0;

  /** `searchBytes` is how much may be published between two searches while some socket lags. */
  constructor(sockets: () => Iterable<Checked>, clock: StepClock, searchBytes: number) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#searchBytes = searchBytes;
  }

  /**
   * Records that a frame was published. `status` is what the runtime returned: 0 or less if some socket's buffer is
   * not empty.
   */
  published(bytes: number, status: number): void {
    this.#bytes += bytes;
    if (status > 0) return;
    // Never search right here: the caller is in the middle of a change to the very sockets that the search
    // would move.
    if (this.#bytes >= this.#searchBytes) this.#searchSoon();
    else this.#searchLater();
  }

  /** Checks the socket a little later, because something that was sent to this socket alone is buffered. */
  checkLater(socket: Checked): void {
    const isFirst = this.#toCheck.size === 0;
    this.#toCheck.add(socket);
    if (!isFirst) return;
    this.#clock.later(() => {
      const sockets = [...this.#toCheck];
      this.#toCheck.clear();
      checkInSteps(sockets, this.#clock);
    }, SEARCH_DELAY_MS);
  }

  #searchSoon(): void {
    if (this.#isDueSoon) return;
    this.#isDueSoon = true;
    queueMicrotask(() => {
      this.#isDueSoon = false;
      this.#bytes = 0;
      for (const socket of this.#sockets()) socket.checkBuffer();
    });
  }

  #searchLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.later(
      () => {
        this.#bytes = 0;
        checkInSteps(this.#sockets(), this.#clock, (busyMs) => {
          this.#isDue = false;
          this.#pauseMs = busyMs * PAUSE_FACTOR;
        });
      },
      Math.max(SEARCH_DELAY_MS, this.#pauseMs),
    );
  }
}

/**
 * Checks the sockets in small steps and reports how much time the steps took. Checking may close a thousand sockets,
 * which would delay all others if it were done in one go.
 */
export function checkInSteps(
  sockets: Iterable<Checked>,
  clock: StepClock,
  done: (busyMs: number) => void = () => {},
): void {
  const rest = sockets[Symbol.iterator]();
  let busyMs = 0;
  step();

  function step(): void {
    const startMs = clock.nowMs();
    const isOver = checkFor(STEP_MS);
    busyMs += clock.nowMs() - startMs;
    if (isOver) done(busyMs);
    else clock.later(step, 0);
  }

  function checkFor(durationMs: number): boolean {
    const endMs = clock.nowMs() + durationMs;
    do {
      for (let count = 0; count < CHECKS_PER_READING; count++) {
        const next = rest.next();
        if (next.done === true) return true;
        next.value.checkBuffer();
      }
    } while (clock.nowMs() < endMs);
    return false;
  }
}

// Runs long work in small steps, so that nothing has to wait for the end of it: work that many
// clients ask for at once, or that they leave behind. All pieces of work together get one
// millisecond per turn of the event loop. Work for clients that ask for little comes first, but the
// rest always gets a share.

/** What the steps need of the clock. */
export interface StepClock {
  readonly nowMs: () => number;
  readonly later: (action: () => void, delayMs: number) => void;
}

/** The time for all work in one turn. No frame is handled during it. */
const TURN_MS = 1;
/** How many steps of one piece of work run before the next piece's turn, and between two readings of the clock. */
const STEPS_AT_ONCE = 10;

/** One in this many shares goes to deferrable work even while there is urgent work. */
const DEFERRABLE_SHARE = 4;

interface Work {
  readonly steps: Iterator<unknown>;
  /** Whether other work may go first. */
  readonly isDeferrable: () => boolean;
}

/** All work that is in progress. */
export class Steps {
  readonly #clock: StepClock;
  readonly #urgent: Work[] = [];
  readonly #deferrable: Work[] = [];
  #shareCount = 0;
  #isDue = false;

  constructor(clock: StepClock) {
    this.#clock = clock;
  }

  /**
   * Starts a piece of work in a later turn of the event loop. The work ends when the iterator does. It is deferrable
   * unless `isDeferrable` says otherwise.
   */
  add(steps: Iterator<unknown>, isDeferrable: () => boolean = () => true): void {
    this.#file({ steps, isDeferrable });
    this.#continueLater();
  }

  /** Runs a piece of work and resolves to its result. Rejects with what it throws. */
  run<Result>(work: Generator<undefined, Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.add(settle(work, resolve, reject));
    return promise;
  }

  /** Runs all remaining work at once. */
  finish(): void {
    while (!this.#isDone) this.#share();
  }

  get #isDone(): boolean {
    return this.#urgent.length === 0 && this.#deferrable.length === 0;
  }

  #file(work: Work): void {
    (work.isDeferrable() ? this.#deferrable : this.#urgent).push(work);
  }

  #continueLater(): void {
    if (this.#isDue || this.#isDone) return;
    this.#isDue = true;
    this.#clock.later(() => {
      this.#isDue = false;
      const endMs = this.#clock.nowMs() + TURN_MS;
      do this.#share();
      while (!this.#isDone && this.#clock.nowMs() < endMs);
      this.#continueLater();
    }, 0);
  }

  /** Runs a few steps of the piece of work whose turn it is, and puts it at the end of its queue. */
  #share(): void {
    const isDeferrableTurn = this.#shareCount++ % DEFERRABLE_SHARE === 0;
    const first = isDeferrableTurn ? this.#deferrable : this.#urgent;
    const work = first.shift() ?? (isDeferrableTurn ? this.#urgent : this.#deferrable).shift();
    if (work === undefined) return;
    for (let count = 0; count < STEPS_AT_ONCE; count++) if (work.steps.next().done === true) return;
    this.#file(work);
  }
}

function* settle<Result>(
  work: Generator<undefined, Result>,
  done: (result: Result) => void,
  failed: (error: unknown) => void,
): Generator<undefined, void> {
  try {
    done(yield* work);
  } catch (error) {
    failed(error);
  }
}

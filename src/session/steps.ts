// Long work in small steps, so that nobody waits for the end of it: what many clients ask for at once,
// or leave behind. All such work together gets a millisecond of each turn of the event loop, and each
// piece its share of that: work for those who ask for little comes first, and the rest is never left out.

/** What work in steps needs of the clock. */
export interface StepClock {
  readonly nowMs: () => number;
  readonly later: (action: () => void, delayMs: number) => void;
}

/** Time for all work in one turn; no frame is handled meanwhile. */
const TURN_MS = 1;
/** Steps of one piece of work before the next has its share, and between two looks at the clock. */
const STEPS_AT_ONCE = 10;

/** One share in so many goes to work that can wait, even while there is urgent work. */
const DEFERRABLE_SHARE = 4;

interface Work {
  readonly steps: Iterator<unknown>;
  /** Whether it can wait for other work. */
  readonly isDeferrable: () => boolean;
}

/** The work that is under way. */
export class Steps {
  readonly #clock: StepClock;
  readonly #urgent: Work[] = [];
  readonly #deferrable: Work[] = [];
  #shareCount = 0;
  #isDue = false;

  constructor(clock: StepClock) {
    this.#clock = clock;
  }

  /** Begins with a piece of work, in a turn of its own. It ends when the iterator does. Unless it says otherwise it can wait. */
  add(steps: Iterator<unknown>, isDeferrable: () => boolean = () => true): void {
    this.#file({ steps, isDeferrable });
    this.#continueLater();
  }

  /** The result of a piece of work, when it is done. Rejects with what it throws. */
  run<Result>(work: Generator<undefined, Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.add(settle(work, resolve, reject));
    return promise;
  }

  /** Does all that is left at once. */
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

  /** Makes some steps of the work whose turn it is; then it is the next one's. */
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

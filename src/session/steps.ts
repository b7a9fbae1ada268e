// Long work in small steps, so that nobody waits for the end of it: what many clients ask for at once,
// or leave behind. All such work together gets a millisecond of each turn of the event loop, and each
// piece its share of that.

/** What work in steps needs of the clock. */
export interface StepClock {
  readonly nowMs: () => number;
  readonly later: (action: () => void, delayMs: number) => void;
}

/** Of one turn: everybody's frames wait for its end. */
const TURN_MS = 1;
/** Steps of one piece of work before the next has its share, and between two looks at the clock. */
const STEPS_AT_ONCE = 10;

/** The work that is under way. */
export class Steps {
  readonly #clock: StepClock;
  readonly #works: Iterator<unknown>[] = [];
  #isDue = false;

  constructor(clock: StepClock) {
    this.#clock = clock;
  }

  /** Begins with a piece of work, in a turn of its own. It ends when the iterator does. */
  add(work: Iterator<unknown>): void {
    this.#works.push(work);
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
    while (this.#works.length > 0) this.#share();
  }

  #continueLater(): void {
    if (this.#isDue || this.#works.length === 0) return;
    this.#isDue = true;
    this.#clock.later(() => {
      this.#isDue = false;
      const endMs = this.#clock.nowMs() + TURN_MS;
      do this.#share();
      while (this.#works.length > 0 && this.#clock.nowMs() < endMs);
      this.#continueLater();
    }, 0);
  }

  /** Makes some steps of the work whose turn it is; then it is the next one's. */
  #share(): void {
    const work = this.#works.shift();
    if (work === undefined) return;
    for (let count = 0; count < STEPS_AT_ONCE; count++) if (work.next().done === true) return;
    this.#works.push(work);
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

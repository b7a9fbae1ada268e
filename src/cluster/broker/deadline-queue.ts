// Calls things off that take too long, with one timer for all of them. All have the same time, so that they are due in the
// order in which they came.

/** What is waited for. */
export interface Waiting {
  /** When it is called off, in milliseconds of `performance.now()`. */
  readonly dueMs: number;
  /** Whether it is over already. */
  readonly isSettled: boolean;
  /** Calls it off. */
  expire(): void;
}

/** What is waited for, the oldest first. Memory is given back as the oldest are over. */
export class DeadlineQueue {
  #waiting: Waiting[] = [];
  #first = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Adds what is due no earlier than all that was added before. */
  add(waiting: Waiting): void {
    this.#forgetSettled();
    this.#waiting.push(waiting);
    this.#timer ??= setTimeout(this.#expire, waiting.dueMs - performance.now());
  }

  /** Stops the timer. What is waited for is not called off. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = [];
    this.#first = 0;
  }

  readonly #expire = (): void => {
    this.#timer = null;
    const nowMs = performance.now();
    for (;;) {
      const oldest = this.#waiting[this.#first];
      if (oldest === undefined || (!oldest.isSettled && oldest.dueMs > nowMs)) break;
      if (!oldest.isSettled) oldest.expire();
      this.#first++;
    }
    this.#forgetSettled();
    const next = this.#waiting[this.#first];
    if (next !== undefined) this.#timer = setTimeout(this.#expire, Math.max(1, next.dueMs - nowMs));
  };

  #forgetSettled(): void {
    while (this.#waiting[this.#first]?.isSettled === true) this.#first++;
    if (this.#first < 1000 && this.#first < this.#waiting.length) return;
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
  }
}

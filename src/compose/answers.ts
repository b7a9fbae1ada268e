// Questions to other processes, which may not answer.

/** Answers that are waited for, by the number of their question. */
export class Answers<Answer> {
  readonly #waiting = new Map<number, (answer: Answer | null) => void>();
  #number = 0;

  /** Makes a number for a question. The answer is null when none has come in time. */
  expect(timeoutMs: number): { readonly number: number; readonly answer: Promise<Answer | null> } {
    const number = ++this.#number;
    const { promise, resolve } = Promise.withResolvers<Answer | null>();
    const timer = setTimeout(() => this.#settle(number, null), timeoutMs);
    this.#waiting.set(number, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    return { number, answer: promise };
  }

  /** Takes an answer. One that comes too late changes nothing. */
  take(number: number, answer: Answer): void {
    this.#settle(number, answer);
  }

  #settle(number: number, answer: Answer | null): void {
    const settle = this.#waiting.get(number);
    this.#waiting.delete(number);
    settle?.(answer);
  }
}

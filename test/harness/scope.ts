// What tests start, so that it ends: processes, sockets, browsers, directories. Each is ended by
// its own handle, the last one first, also when the test that started it has failed or run out of
// time, which is why this hangs on bun:test's hooks and not on the end of a function.
import { afterAll, afterEach, setDefaultTimeout } from "bun:test";

/** Above the deadline of a single wait, so that a test that fails says what did not happen. */
const TEST_TIMEOUT_MS = 30_000;

/** Endings that belong together. */
export class Scope {
  readonly #endings: (() => unknown)[] = [];

  /** Has `end` called, and awaited, when the scope ends. */
  add(end: () => unknown): void {
    this.#endings.push(end);
  }

  /** Ends everything, whatever fails on the way. @throws AggregateError of what failed. */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "Cannot end what the tests started");
  }
}

/** A scope that ends after each test of the calling file. Gives these tests their time limit as well. */
export function testScope(): Scope {
  setDefaultTimeout(TEST_TIMEOUT_MS);
  const scope = new Scope();
  afterEach(() => scope.end());
  return scope;
}

/** A scope that ends after all tests of the calling file. */
export function fileScope(): Scope {
  const scope = new Scope();
  afterAll(() => scope.end());
  return scope;
}

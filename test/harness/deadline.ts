// Waiting with a deadline: every wait of these tests ends when what it waits for happens, or with
// a sentence that says what did not happen.

/** Far above what anything here takes, also the 15 seconds that pusher-js lets pass after a refused connection, and below the time limit of a test. */
const DEADLINE_MS = 20_000;
const POLL_MS = 5;

/** The promise's value. @throws when it has not settled in time, naming `what`. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Cannot wait for ${what}: ${DEADLINE_MS} ms are over`)),
    DEADLINE_MS,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first truthy value of `look`, for a state that tells nobody when it changes. @throws when there is none in time, naming `what`. */
export async function until<T>(look: () => T | Promise<T>, what: string): Promise<T> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (performance.now() > deadlineMs)
      throw new Error(`Cannot wait for ${what}: ${DEADLINE_MS} ms are over`);
    await Bun.sleep(POLL_MS);
  }
}

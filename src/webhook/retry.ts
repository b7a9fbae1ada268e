// When to try again: exponential back-off with full jitter. Each wait is random between zero and its
// bound, so that endpoints which failed at the same moment are not retried at the same moment.

/** How long and how often a delivery is tried. */
export interface RetryPolicy {
  /** Attempts of one delivery, the first included. 1 switches retries off; with Infinity only `maxElapsedMs` limits them. */
  readonly maxAttempts: number;
  /** A delivery that fails at this age or later is given up. */
  readonly maxElapsedMs: number;
  /** The bound of the wait after an endpoint's first failure. It doubles with each further failure in a row. */
  readonly initialBackoffMs: number;
  /** The bound stops growing here. */
  readonly maxBackoffMs: number;
}

/** 1 second, doubled up to 60, for 5 minutes. Source of the 5 minutes: webhooks documentation. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: Infinity,
  maxElapsedMs: 300_000,
  initialBackoffMs: 1000,
  maxBackoffMs: 60_000,
};

/** How long to wait after this number of failures in a row. `random` is in [0, 1). */
export function backoffMs(policy: RetryPolicy, failures: number, random: number): number {
  // The exponent is bounded because 2 ** 1024 is Infinity, and Infinity times a jitter of 0 is NaN.
  const boundMs = policy.initialBackoffMs * 2 ** Math.min(failures - 1, 52);
  return Math.min(boundMs, policy.maxBackoffMs) * random;
}

/** Whether a delivery that has just failed must be given up. */
export function isOver(policy: RetryPolicy, attempts: number, ageMs: number): boolean {
  return attempts >= policy.maxAttempts || ageMs >= policy.maxElapsedMs;
}

// Idempotency keys, which identify repeats of a publish. The first publish with a key is carried
// out. Every later one with the same key gets the same answer, whatever it contains. A repeat that
// arrives before the first one is accepted waits for it. A failed publish is not remembered and may
// be retried.
import type { App } from "../protocol/app.ts";
import type { Fault } from "../protocol/faults.ts";

/** How much is remembered per app. */
export interface KeyLimits {
  /** Maximum number of characters in a key. */
  readonly maxLength: number;
  readonly maxKeys: number;
  /** Maximum memory of keys and answers, including the overhead of storing them. */
  readonly maxBytes: number;
}

/** A publish that is remembered. */
interface Entry {
  readonly answer: string;
  readonly expiresMs: number;
}

/** The measured memory of an entry besides its texts. */
const ENTRY_BYTES = 200;

/**
 * The keys of all apps. Each app has its own memory limit, so an app that publishes very much does not displace the
 * keys of another.
 */
export class IdempotencyKeys {
  readonly #limits: KeyLimits;
  readonly #nowMs: () => number;
  readonly #apps = new Map<string, AppKeys>();

  /** The clock must never go back. */
  constructor(limits: KeyLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** The keys of one app. */
  of({ id, limits }: App): AppKeys {
    const keys = this.#apps.getOrInsertComputed(
      id,
      () => new AppKeys(this.#limits, limits.idempotencyTtlMs, this.#nowMs),
    );
    // The app's setting may have changed since its first publish.
    keys.ttlMs = limits.idempotencyTtlMs;
    return keys;
  }

  /** Removes entries that have expired. To be called about once a second. */
  sweep(): void {
    for (const keys of this.#apps.values()) keys.sweep();
  }
}

/** The keys of one app. */
export class AppKeys {
  readonly maxLength: number;
  /** How long a publish is remembered. */
  ttlMs: number;
  readonly #limits: KeyLimits;
  readonly #nowMs: () => number;
  /**
   * Publishes that are not accepted yet, by key. Each promise resolves to the answer, or to the fault that the
   * publish failed with.
   */
  readonly #pending = new Map<string, Promise<string | Fault>>();
  /** In order of arrival, which is also the order of expiry. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: KeyLimits, ttlMs: number, nowMs: () => number) {
    this.maxLength = limits.maxLength;
    this.#limits = limits;
    this.ttlMs = ttlMs;
    this.#nowMs = nowMs;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** The answer to the publish with this key. Null if there was none, or if it has expired. */
  find(key: string): string | null {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresMs <= this.#nowMs() ? null : entry.answer;
  }

  /** The publish with this key that is not accepted yet, or null. */
  pending(key: string): Promise<string | Fault> | null {
    return this.#pending.get(key) ?? null;
  }

  /** Records a publish that has to wait until it is accepted. `outcome` must never reject. */
  begin(key: string, outcome: Promise<string | Fault>): void {
    this.#pending.set(key, outcome);
    void outcome.then(() => this.#pending.delete(key));
  }

  /** Remembers a publish. Returns false if other entries had to be removed before they expired. */
  remember(key: string, answer: string): boolean {
    this.sweep();
    this.#forget(key);
    this.#entries.set(key, { answer, expiresMs: this.#nowMs() + this.ttlMs });
    this.#bytes += bytesOf(key, answer);
    let isRoom = true;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxKeys && this.#bytes <= this.#limits.maxBytes) break;
      this.#forget(oldest);
      isRoom = false;
    }
    return isRoom;
  }

  /** Removes entries that have expired. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const [key, { expiresMs }] of this.#entries) {
      if (expiresMs > nowMs) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= bytesOf(key, entry.answer);
  }
}

function bytesOf(key: string, answer: string): number {
  return 2 * (key.length + answer.length) + ENTRY_BYTES;
}

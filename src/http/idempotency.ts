// Publishes that are told from their repeats by a key: the first one is carried out, and its answer is
// given again to every later one with the same key, whatever else that says. One that comes before the first
// is accepted waits for that. What fails is not remembered, and may be tried again.
import type { App } from "../protocol/app.ts";
import type { Fault } from "../protocol/faults.ts";

/** How much is remembered of one app. */
export interface KeyLimits {
  /** Characters of a key. */
  readonly maxLength: number;
  readonly maxKeys: number;
  /** What keys, answers and the room to keep them may take. */
  readonly maxBytes: number;
}

/** A remembered publish. */
interface Entry {
  readonly answer: string;
  readonly expiresMs: number;
}

/** What an entry takes besides its texts, as measured. */
const ENTRY_BYTES = 200;

/** The keys of all apps: one that publishes very much takes no room from another. */
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
    // It may have changed since the app's first publish.
    keys.ttlMs = limits.idempotencyTtlMs;
    return keys;
  }

  /** Forgets what is too old: to be called about once a second. */
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
  /** Publishes that are not accepted yet, by key: each is fulfilled, with its answer or with the fault that it failed with. */
  readonly #pending = new Map<string, Promise<string | Fault>>();
  /** In the order of their coming, which is that of their expiry. */
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

  /** The answer to the publish with this key, or null when there was none in time. */
  find(key: string): string | null {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresMs <= this.#nowMs() ? null : entry.answer;
  }

  /** The publish with this key that is not accepted yet, or null. */
  pending(key: string): Promise<string | Fault> | null {
    return this.#pending.get(key) ?? null;
  }

  /** Notes a publish that has to wait until it is accepted. `outcome` is never rejected. */
  begin(key: string, outcome: Promise<string | Fault>): void {
    this.#pending.set(key, outcome);
    void outcome.then(() => this.#pending.delete(key));
  }

  /** Remembers a publish. False when others had to be forgotten for it before their time. */
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

  /** Forgets what is too old. */
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

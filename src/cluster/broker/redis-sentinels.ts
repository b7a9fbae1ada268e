// Hears from the sentinels of a Redis server when they have named another master. An old master that still lives is told
// only seconds later, and until then nodes that are connected to it would not meet those that connect now.
import type { Redis } from "ioredis";
import { connectRedis, destroyRedis, type RedisTarget } from "./redis-connection.ts";

const CHANNEL = "+switch-master";

/** How long after a sentinel has failed the next one is asked. */
const NEXT_SENTINEL_MS = 2000;

/** Calls `changed` when there is another master, until the function that is returned ends it. */
export function watchSentinels(target: RedisTarget, changed: () => void): () => void {
  const watch = new SentinelWatch(target, changed);
  void watch.run();
  return () => watch.end();
}

class SentinelWatch {
  readonly #target: RedisTarget;
  readonly #changed: () => void;
  #client: Redis | null = null;
  #timer: Timer | null = null;
  #isEnded = false;

  constructor(target: RedisTarget, changed: () => void) {
    this.#target = target;
    this.#changed = changed;
  }

  /** Listens to one sentinel after the other, to each as long as it lives. */
  async run(first: number = 0): Promise<void> {
    const sentinels = this.#target.sentinels ?? [];
    const sentinel = sentinels[first % sentinels.length];
    if (sentinel !== undefined) await this.#listen(sentinel).catch(() => undefined);
    if (this.#isEnded) return;
    this.#timer = setTimeout(() => void this.run(first + 1), NEXT_SENTINEL_MS);
  }

  end(): void {
    this.#isEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#client !== null) destroyRedis(this.#client);
  }

  /** Resolves when the connection is over. @throws when there is none. */
  async #listen(sentinel: { readonly host?: string; readonly port?: number }): Promise<void> {
    const { sentinelUsername, sentinelPassword, sentinelTLS, name = "" } = this.#target;
    const client = await connectRedis({
      ...sentinel,
      ...(sentinelUsername === undefined ? {} : { username: sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      ...(sentinelTLS === undefined ? {} : { tls: sentinelTLS }),
    });
    this.#client = client;
    if (this.#isEnded) return destroyRedis(client);
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    // The text is the master's name, and where it was and is.
    client.on("message", (_, text: string) => {
      if (text.split(" ")[0] === name) this.#changed();
    });
    await client.subscribe(CHANNEL);
    await closed;
  }
}

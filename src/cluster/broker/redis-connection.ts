// One connection to one Redis server. It is made once: when it breaks it stays broken, and nothing is queued, sent again or
// joined again by the client library.
import { Redis, type RedisOptions } from "ioredis";
import { CONNECT_DEADLINE_MS } from "./bounds.ts";
import { inTime } from "./in-time.ts";

/** A server, or the sentinels that know it, as ioredis has it. */
export type RedisTarget = Omit<RedisOptions, "replyMapping">;

/** ioredis never connects again, and refuses what it cannot send at once. */
const ONCE = {
  lazyConnect: true,
  retryStrategy: null,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  enableReadyCheck: false,
  sentinelRetryStrategy: () => null,
  updateSentinels: false,
  sentinelCommandTimeout: 1000,
  connectionName: "fanwire",
  disableClientInfo: true,
} satisfies RedisOptions;

/** What a sentinel that does not answer may add to the time of an attempt. */
const SENTINEL_DEADLINE_MS = 1000;

/** Connects and signs in. @throws why it cannot. */
export async function connectRedis(target: RedisTarget): Promise<Redis> {
  const sentinels = target.sentinels?.length ?? 0;
  const client = new Redis({
    ...ONCE,
    connectTimeout: sentinels === 0 ? CONNECT_DEADLINE_MS : SENTINEL_DEADLINE_MS,
    ...target,
  });
  let cause: unknown;
  client.on("error", (error: unknown) => (cause ??= error));
  let refusal: unknown;
  client.on("sentinelError", (error: unknown) => (refusal = error));
  try {
    const deadlineMs = CONNECT_DEADLINE_MS + sentinels * SENTINEL_DEADLINE_MS;
    await inTime(client.connect(), deadlineMs, "no answer in time");
    // ioredis goes on when the database cannot be selected, for example.
    if (cause !== undefined) throw cause;
    return client;
  } catch (error) {
    destroyRedis(client);
    throw refusal === undefined ? (cause ?? error) : sentinelError(refusal, target.name ?? "");
  }
}

/** What the last sentinel said, in words. ioredis does not tell why it could not be connected to. */
function sentinelError(refusal: unknown, masterName: string): Error {
  return new Error(
    String(refusal).includes("invalid reply")
      ? `no sentinel knows the master "${masterName}"`
      : "no sentinel answers, or none accepts the user and password",
  );
}

/** Ends a connection without saying goodbye: the server may be silent. */
export function destroyRedis(client: Redis): void {
  client.disconnect();
  client.stream?.destroy();
}

/** What a server says of itself. */
export interface RedisFacts {
  /** `master` or `replica`. */
  readonly role?: unknown;
  /** `standalone`, `cluster` or `sentinel`. */
  readonly mode?: unknown;
}

/** What the server says of itself: nothing, if it is older than Redis 6. */
export async function factsOf(client: Redis): Promise<RedisFacts> {
  const pairs = await client.call("HELLO").catch(() => null);
  if (!Array.isArray(pairs)) return {};
  const factOf = (name: string): unknown => pairs[pairs.indexOf(name) + 1];
  return { role: factOf("role"), mode: factOf("mode") };
}

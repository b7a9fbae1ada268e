// Measures what an unrelated client and application see of the server, in a process of its own so that only the
// server can delay it. It pings over a subscribed socket and publishes numbered events to itself through the
// signed API at fixed times, without waiting for earlier ones. Started and queried by attack.ts.
import { publish } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { Scope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";

/** What was measured since the last report. */
export interface Felt {
  readonly pingP50Ms: number;
  readonly pingP99Ms: number;
  readonly publishP99Ms: number;
  /** What went wrong: a closed connection, a failed publish, an event that came twice or not at all. */
  readonly faults: readonly string[];
}

const PING_PERIOD_MS = 20;
const PUBLISH_PERIOD_MS = 20;
const LAST_EVENTS_MS = 10_000;

const { channel, ...target }: Target & { channel: string } = JSON.parse(process.argv[2] ?? "{}");
const scope = new Scope();
const { client } = await connectRaw(scope, target);
client.subscribe({ channel });
await client.frames.next();

const pings: number[] = [];
const publishes: number[] = [];
const faults: string[] = [];
const pingsSentMs: number[] = [];
let published = 0;
/** Publishes without an answer yet. */
const asking = new Set<number>();
/** By event that has not arrived: the oldest event that was unanswered when it was sent, and so may arrive after it. */
const expected = new Map<number, number>();
let ending = false;

void client.closed().then(
  ({ code, reason }) => {
    if (!ending) faults.push(`closed with ${code} ${reason}`);
  },
  () => {},
);
void read();
const stopPinging = every(PING_PERIOD_MS, (nowMs) => {
  pingsSentMs.push(nowMs);
  client.send({ event: "pusher:ping", data: {} });
});
const stopPublishing = every(PUBLISH_PERIOD_MS, (nowMs) => void publishNext(nowMs));
process.on("message", (question) => void (question === "end" ? end() : process.send?.(report())));
process.send?.("ready");

async function read(): Promise<void> {
  for (;;) {
    const { event, data, text } = await client.frames.next();
    if (event === "pusher:pong") pings.push(performance.now() - (pingsSentMs.shift() ?? 0));
    else if (event !== "numbered") continue;
    else receive(Number(data), text);
  }
}

/** Each comes once, and after all that were answered before it was sent. */
function receive(number: number, text: string): void {
  const [oldest] = expected.keys();
  const afterAll = expected.get(number);
  if (afterAll === undefined) faults.push(`${text} came again`);
  else if (oldest !== undefined && oldest < afterAll)
    faults.push(`event ${oldest} is due and ${text} came`);
  expected.delete(number);
}

async function publishNext(startMs: number): Promise<void> {
  const number = published++;
  asking.add(number);
  expected.set(number, Math.min(...asking));
  try {
    await publish(target, { name: "numbered", channel, data: String(number) });
  } catch (error) {
    faults.push(`publish ${number}: ${String(error)}`);
  }
  asking.delete(number);
  publishes.push(performance.now() - startMs);
}

/** Takes what was measured; a ping that still waits for its answer counts with the time that it has waited. */
function report(): Felt {
  const nowMs = performance.now();
  const waited = [...pings.splice(0), ...pingsSentMs.map((sentMs) => nowMs - sentMs)];
  const felt = {
    pingP50Ms: percentile(waited, 0.5),
    pingP99Ms: percentile(waited, 0.99),
    publishP99Ms: percentile(publishes.splice(0), 0.99),
    faults: faults.splice(0),
  };
  return felt;
}

/** Waits for the events that are under way and reports. */
async function end(): Promise<void> {
  ending = true;
  stopPinging();
  stopPublishing();
  await Promise.race([Bun.sleep(LAST_EVENTS_MS), until(() => expected.size === 0, "events")]);
  if (expected.size > 0) faults.push(`${expected.size} events have not come`);
  process.send?.(report());
  await scope.end();
  process.exit(0);
}

/** Calls periodically until it is stopped, whatever the server does. A call that this process makes late is timed from then. */
function every(periodMs: number, action: (nowMs: number) => void): () => void {
  const timer = setInterval(() => action(performance.now()), periodMs);
  return () => clearInterval(timer);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

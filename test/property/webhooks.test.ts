// For any events on the channels, and however slowly or badly endpoints answer: once everything
// has been sent, the events that each endpoint got add up to the current state, and the events of one
// channel arrived in order.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { ChannelEvent } from "../../src/events/app-event.ts";
import { WEBHOOK_EVENTS, type WebhookEvent } from "../../src/protocol/app.ts";
import { FakeClock } from "../unit/queue/fake-clock.ts";
import { appWith, endpoint, rig } from "../unit/webhook/rig.ts";

/** One endpoint that wants all events, and some that want fewer. */
const ENDPOINTS: Readonly<Record<string, readonly WebhookEvent[]>> = {
  "/all": [],
  "/states": WEBHOOK_EVENTS.filter((name) => name !== "client_event"),
  "/arrivals": ["channel_occupied", "member_added", "client_event"],
  "/leavings": ["channel_vacated", "member_removed"],
};
const SUBJECTS = ["a", "presence-b/u", "presence-b/v", "private-c"] as const;
const BATCHINGS = [null, { windowMs: 50, maxEvents: 3 }];

/** One change or client event, and the time until the next one. */
const step = fc.record({
  happens: fc.oneof(
    fc.constantFrom(...SUBJECTS).map((toggle) => ({ toggle })),
    fc.constantFrom("private-c", "presence-b").map((say) => ({ say })),
  ),
  waitMs: fc.constantFrom(0, 0, 10, 60, 500, 4000),
});
/** How a request is answered. */
const answer = fc.record({
  tookMs: fc.constantFrom(0, 5, 200, 2500),
  status: fc.constantFrom(200, 200, 200, 500),
});

test.each([0, 1])(
  "endpoints get events in order that add up to the current state (batching %i)",
  async (batchingAt) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.array(answer, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (steps, answers, isEnding) => {
          const run = start(BATCHINGS[batchingAt] ?? null, answers);
          for (const { happens, waitMs } of steps) {
            run.happen(happens);
            await run.clock.advance(waitMs);
          }
          run.heal();
          const flushed = isEnding ? run.webhooks.flush(60_000) : null;
          await run.clock.advance(600_000);
          expect((await flushed) ?? 0).toBe(0);
          expect([run.webhooks.depth, run.webhooks.delayedCount, run.clock.timerCount]).toEqual([
            0, 0, 0,
          ]);
          const { counters } = run.webhooks;
          expect(counters).toMatchObject({ droppedEvents: 0, deadLettered: 0 });
          expect(counters.queuedEvents).toBe(counters.deliveredEvents + counters.withdrawnEvents);
          for (const path of Object.keys(ENDPOINTS)) expectTruth(path, run.told(path), run);
        },
      ),
      { numRuns: 400 },
    );
  },
  60_000,
);

type Happening = { readonly toggle: string } | { readonly say: string };
type Told = Readonly<Record<string, string>>;

function start(
  batching: (typeof BATCHINGS)[number] | null,
  answers: readonly { readonly tookMs: number; readonly status: number }[],
) {
  const clock = new FakeClock(0);
  const told = new Map<string, Told[]>();
  let [asked, healed, sayings] = [0, false, 0];
  const webhooks = rig({
    options: { batching: batching ?? null, requestTimeoutMs: 1000 },
    retry: { initialBackoffMs: 100, maxBackoffMs: 1000, maxElapsedMs: 3_600_000 },
    ports: {
      clock,
      fetch: async (url, { body, signal }) => {
        const { tookMs, status } = answers[asked++ % answers.length] ?? { tookMs: 0, status: 200 };
        if (healed) return arrive(url, body);
        if (tookMs > 0) await new Promise<void>((done) => void clock.after(tookMs, done));
        if (signal?.aborted) throw new Error("too late");
        return status === 200 ? arrive(url, body) : new Response(null, { status });
      },
    },
  });
  const arrive = (url: string, body: string): Response => {
    const { pathname } = new URL(url);
    told.set(pathname, [...(told.get(pathname) ?? []), ...JSON.parse(body).events]);
    return new Response();
  };
  const app = appWith(
    ...Object.entries(ENDPOINTS).map(([path, events]) =>
      endpoint(`http://127.0.0.1${path}`, { events }),
    ),
  );
  const now = new Map<string, boolean>();
  const happen = (what: Happening): void => {
    if ("say" in what) webhooks.note(app, said(what.say, String(sayings++)));
    else {
      now.set(what.toggle, !(now.get(what.toggle) ?? false));
      webhooks.note(app, toggled(what.toggle, now.get(what.toggle) ?? false));
    }
  };
  return {
    clock,
    webhooks,
    now,
    happen,
    heal: () => void (healed = true),
    told: (path: string) => told.get(path) ?? [],
    sayingCount: () => sayings,
  };
}

function toggled(subject: string, isThere: boolean): ChannelEvent {
  const [channel = "", userId] = subject.split("/");
  if (userId === undefined)
    return { kind: isThere ? "channel_occupied" : "channel_vacated", channel };
  return { kind: isThere ? "member_added" : "member_removed", channel, userId };
}

function said(channel: string, data: string): ChannelEvent {
  return { kind: "client_event", channel, event: "client-e", data, socketId: "1.2", userId: null };
}

function expectTruth(path: string, told: readonly Told[], run: ReturnType<typeof start>): void {
  const wanted = ENDPOINTS[path] ?? [];
  expect(told.filter(({ name }) => wanted.length > 0 && !wanted.some((w) => w === name))).toEqual(
    [],
  );
  for (const channel of ["private-c", "presence-b"]) {
    const data = told.filter(
      (event) => event["data"] !== undefined && event["channel"] === channel,
    );
    const order = data.map((event) => Number(event["data"]));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(order).size).toBe(order.length);
  }
  if (wanted.length === 0 || wanted.includes("client_event"))
    expect(told.filter((event) => event["data"] !== undefined)).toHaveLength(run.sayingCount());
  if (path !== "/all" && path !== "/states") return;
  for (const subject of SUBJECTS) {
    const [channel, userId] = subject.split("/");
    const story = told.filter(
      (event) =>
        event["data"] === undefined && event["channel"] === channel && event["user_id"] === userId,
    );
    const isThere = story.map(({ name }) => name === "channel_occupied" || name === "member_added");
    // Joins and leaves alternate, from a first join to an event that matches the current state.
    expect(isThere).toEqual(isThere.map((_, n) => n % 2 === 0));
    expect(isThere.at(-1) ?? false).toBe(run.now.get(subject) ?? false);
  }
}

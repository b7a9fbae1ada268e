import { describe, expect, test } from "bun:test";
import Pusher from "pusher";
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import { type ChannelFilter, WEBHOOK_EVENTS } from "../../../src/protocol/app.ts";
import { sign } from "../../../src/protocol/signatures.ts";
import type { Batching } from "../../../src/webhook/sender.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import { FakeClock } from "../queue/fake-clock.ts";
import { type Received, Receiver } from "./receiver.ts";
import { appWith, endpoint, rig, until } from "./rig.ts";

const CHANNEL = "presence-room-1";
/** None of them cancels another. */
const EVENTS: readonly ChannelEvent[] = [
  { kind: "channel_occupied", channel: CHANNEL },
  { kind: "member_added", channel: CHANNEL, userId: "u" },
  {
    kind: "client_event",
    channel: CHANNEL,
    event: "client-x",
    data: '{"n":1}',
    socketId: "1.2",
    userId: "u",
  },
  { kind: "cache_miss", channel: CHANNEL },
  { kind: "subscription_count", channel: CHANNEL, count: 2 },
  { kind: "member_removed", channel: CHANNEL, userId: "v" },
  { kind: "channel_vacated", channel: "presence-big-room-1" },
];

function isValid({ headers, body }: Received, key = KEY, secret = SECRET): boolean {
  const pusher = new Pusher({ appId: "3", key, secret, host: "localhost" });
  return pusher.webhook({ headers, rawBody: body }).isValid();
}

const BATCHINGS: readonly (readonly [string, Batching | null])[] = [
  ["without batching", null],
  ["batched", { windowMs: 5, maxEvents: 100 }],
];

describe.each(BATCHINGS)("Webhooks %s", (_, batching) => {
  const filters: readonly (readonly [path: string, Partial<ChannelFilter>, passes: boolean])[] = [
    ["/none", {}, true],
    ["/prefix", { prefix: "presence-" }, true],
    ["/prefix-not", { prefix: "private-" }, false],
    ["/suffix", { suffix: "-1" }, true],
    ["/suffix-not", { suffix: "-2" }, false],
    ["/pattern", { pattern: "*-room-*" }, true],
    ["/pattern-not", { pattern: "room-*" }, false],
    ["/all", { prefix: "presence-", suffix: "1", pattern: "*room*" }, true],
    ["/all-but-one", { prefix: "presence-", suffix: "1", pattern: "*lobby*" }, false],
  ];

  test.each(WEBHOOK_EVENTS)("send %s only to the endpoints that want it", async (event) => {
    using receiver = new Receiver();
    const app = appWith(
      ...filters.flatMap(([path, filter]) => {
        const all = { prefix: null, suffix: null, pattern: null, ...filter };
        return [
          endpoint(receiver.url(`${path}/all`), { filter: all }),
          endpoint(receiver.url(`${path}/one`), { filter: all, events: [event] }),
          endpoint(receiver.url(`${path}/others`), {
            filter: all,
            events: WEBHOOK_EVENTS.filter((name) => name !== event),
          }),
        ];
      }),
    );
    const webhooks = rig({ options: { batching } });
    for (const happened of EVENTS) webhooks.note(app, happened);
    expect(await webhooks.flush(5000)).toBe(0);

    expect(receiver.received.filter((received) => !isValid(received))).toEqual([]);
    const names = (path: string): string[] => receiver.events(path).map(({ name }) => String(name));
    // Channels may overtake one another when each event has its own request.
    const inOrder = (all: readonly string[]) => (batching === null ? all.toSorted() : all);
    const all = EVENTS.map(({ kind }) => kind);
    for (const [path, , passes] of filters) {
      const others = all.filter((name) => name !== event);
      expect(inOrder(names(`${path}/all`))).toEqual(passes ? inOrder(all) : []);
      expect(names(`${path}/one`)).toEqual(passes ? [event] : []);
      expect(inOrder(names(`${path}/others`))).toEqual(passes ? inOrder(others) : []);
    }
    const sizes = receiver.received.map(({ body }) => JSON.parse(body).events.length);
    if (batching === null) expect(new Set(sizes)).toEqual(new Set([1]));
    else expect(receiver.received).toHaveLength(5 * 3);
  });

  test("reach both of two endpoints with the same URL", async () => {
    using receiver = new Receiver();
    const webhooks = rig({ options: { batching } });
    const twice = appWith(
      endpoint(receiver.url(), { events: ["member_added", "channel_occupied"] }),
      endpoint(receiver.url(), { events: ["cache_miss", "channel_occupied"] }),
    );
    for (const event of EVENTS) webhooks.note(twice, event);
    await webhooks.flush(5000);
    const names = receiver.events().map(({ name }) => String(name));
    expect(names.toSorted()).toEqual([
      "cache_miss",
      "channel_occupied",
      "channel_occupied",
      "member_added",
    ]);
  });
});

describe("A webhook", () => {
  test("is posted exactly as it is signed, with exactly these headers", async () => {
    const texts: string[] = [];
    using listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, bytes) {
          texts.push(bytes.toString());
          socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        },
      },
    });
    const webhooks = rig({
      ports: { clock: new FakeClock(1_327_078_148_132), newId: () => "d-1" },
      options: { userAgent: "Fanwire-Webhooks/9" },
    });
    const app = appWith(endpoint(`http://127.0.0.1:${listener.port}/hook?a=b`));
    webhooks.note(app, { kind: "member_added", channel: "presence-c", userId: "Zoë" });
    await until(() => webhooks.counters.delivered === 1);

    const [head = "", body = ""] = (texts[0] ?? "").split("\r\n\r\n");
    expect(body).toBe(
      '{"time_ms":1327078148132,"events":[{"name":"member_added","channel":"presence-c","user_id":"Zoë"}]}',
    );
    const [line, ...headers] = head.split("\r\n");
    expect(line).toBe("POST /hook?a=b HTTP/1.1");
    expect(headers.toSorted()).toEqual(
      [
        "Accept: */*",
        "Connection: keep-alive",
        `Content-Length: ${Buffer.byteLength(body)}`,
        "Content-Type: application/json",
        `Host: 127.0.0.1:${listener.port}`,
        "User-Agent: Fanwire-Webhooks/9",
        "X-Fanwire-Delivery: d-1",
        `X-Pusher-Key: ${KEY}`,
        `X-Pusher-Signature: ${sign(SECRET, body)}`,
      ].toSorted(),
    );
  });

  test("is signed like Pusher's published example", () => {
    expect(sign("secret", '{"hello":"world"}')).toBe(
      "2677ad3e7c090b2fa2c0fb13020d66d5420879b8316eb356a2d60fb9073bc778",
    );
  });

  test("is signed with the app's oldest pair of key and secret", async () => {
    using receiver = new Receiver();
    const credentials = [
      { key: "old", secret: "old secret" },
      { key: "new", secret: "new secret" },
    ];
    const webhooks = rig();
    const app = testApp({ credentials, webhooks: [endpoint(receiver.url())] });
    webhooks.note(app, { kind: "cache_miss", channel: "cache-c" });
    await webhooks.flush(5000);
    const [received] = receiver.received;
    expect(received).toBeDefined();
    if (received === undefined) return;
    expect(isValid(received, "old", "old secret")).toBe(true);
    expect(isValid(received, "new", "new secret")).toBe(false);
    expect(isValid({ ...received, body: `${received.body} ` }, "old", "old secret")).toBe(false);
  });

  test("carries the endpoint's own headers, which replace none of the standard ones", async () => {
    using receiver = new Receiver();
    const headers = [
      ["X-Team", "one"],
      ["X-Team", "two"],
      ["Authorization", "Bearer token"],
      ["User-Agent", "mine"],
      ...["X-Pusher-Key", "x-pusher-signature", "CONTENT-TYPE", "content-length", "Host"].map(
        (name) => [name, "1"] as const,
      ),
      ["x-fanwire-delivery", "1"],
      ["Transfer-Encoding", "chunked"],
      ["Content-Encoding", "gzip"],
    ] as const;
    const webhooks = rig({ ports: { newId: () => "d-1" } });
    const app = appWith(endpoint(receiver.url(), { headers }));
    webhooks.note(app, { kind: "cache_miss", channel: "cache-c" });
    await webhooks.flush(5000);
    const [received] = receiver.received;
    expect(received && isValid(received)).toBe(true);
    expect(received?.headers).toMatchObject({
      "x-team": "two",
      authorization: "Bearer token",
      "user-agent": "mine",
      host: `127.0.0.1:${receiver.port}`,
      "x-fanwire-delivery": "d-1",
    });
    expect(Object.keys(received?.headers ?? {})).not.toContainAnyValues([
      "transfer-encoding",
      "content-encoding",
    ]);
  });

  test("that no endpoint wants is not made", () => {
    let madeCount = 0;
    const newId = (): string => `${madeCount++}`;
    const clock = new FakeClock();
    const webhooks = rig({ ports: { clock, newId } });
    const filter = { prefix: "private-", suffix: null, pattern: null };
    for (const event of EVENTS) {
      webhooks.note(appWith(), event);
      webhooks.note(appWith(endpoint("http://127.0.0.1/", { filter })), event);
    }
    const narrow = appWith(endpoint("http://127.0.0.1/", { events: ["client_event"] }));
    webhooks.note(narrow, { kind: "channel_vacated", channel: "c" });
    expect([madeCount, webhooks.delayedCount, clock.timerCount, webhooks.depth]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test("of a channel that is occupied again in time is not sent to an endpoint that wants only that event", async () => {
    using receiver = new Receiver();
    const webhooks = rig();
    const app = appWith(endpoint(receiver.url(), { events: ["channel_occupied"] }));
    webhooks.note(app, { kind: "channel_occupied", channel: "c" });
    await until(() => webhooks.counters.delivered === 1);
    webhooks.note(app, { kind: "channel_vacated", channel: "c" });
    webhooks.note(app, { kind: "channel_occupied", channel: "c" });
    webhooks.note(app, { kind: "channel_vacated", channel: "c" });
    await webhooks.flush(5000);
    expect(receiver.events()).toEqual([{ name: "channel_occupied", channel: "c" }]);
    expect(webhooks.counters.cancelled).toBe(1);
  });

  test("of a member that leaves before its join was sent is not made, and nothing is delayed", async () => {
    using receiver = new Receiver();
    const webhooks = rig();
    const app = appWith(
      endpoint(receiver.url()),
      endpoint(receiver.url(), { events: ["channel_occupied", "member_added"] }),
    );
    const channel = "presence-c";
    webhooks.note(app, { kind: "channel_occupied", channel });
    webhooks.note(app, { kind: "member_added", channel, userId: "u" });
    webhooks.note(app, { kind: "subscription_count", channel, count: 1 });
    webhooks.note(app, { kind: "cache_miss", channel });
    webhooks.note(app, { kind: "member_removed", channel, userId: "u" });
    webhooks.note(app, { kind: "channel_vacated", channel });
    expect([webhooks.delayedCount, webhooks.depth]).toEqual([0, 0]);
    await webhooks.flush(5000);
    expect(receiver.received).toEqual([]);
    expect(webhooks.counters).toMatchObject({
      cancelled: 2,
      queued: 0,
      queuedEvents: 10,
      withdrawnEvents: 10,
    });
  });

  test("of a leave is delayed if an endpoint was sent the join, and cancelled for endpoints that were not", async () => {
    const gate = Promise.withResolvers<void>();
    using quick = new Receiver();
    using slow = new Receiver(async () => {
      await gate.promise;
      return new Response();
    });
    const webhooks = rig({ options: { leaveDelayMs: 20 } });
    const app = appWith(endpoint(quick.url()), endpoint(slow.url()));
    for (const channel of ["a", "b", "c", "d", "e"])
      webhooks.note(app, { kind: "channel_occupied", channel });
    await until(() => webhooks.counters.delivered === 5);
    webhooks.note(app, { kind: "channel_vacated", channel: "e" });
    expect(webhooks.delayedCount).toBe(1);
    await until(() => webhooks.counters.delivered === 6);
    gate.resolve();
    await webhooks.flush(5000);
    expect(quick.events().at(-1)).toEqual({ name: "channel_vacated", channel: "e" });
    expect(slow.events().map(({ channel }) => channel)).toEqual(["a", "b", "c", "d"]);
  });
});

const miss = (channel: string): ChannelEvent => ({ kind: "cache_miss", channel });

/** A clock that the test moves, and a `fetch` that records the bodies. */
function setUp(maxEvents: number) {
  const clock = new FakeClock(1000);
  const bodies: string[] = [];
  const webhooks = rig({
    options: { batching: { windowMs: 50, maxEvents } },
    ports: {
      clock,
      fetch: async (_, { body }) => {
        bodies.push(body);
        return new Response();
      },
    },
  });
  return { clock, webhooks, bodies };
}

describe("A batch", () => {
  test("is sent when the window after its first event ends", async () => {
    const { clock, webhooks, bodies } = setUp(100);
    const app = appWith(endpoint("http://127.0.0.1/"));
    webhooks.note(app, miss("cache-1"));
    await clock.advance(49);
    webhooks.note(app, miss("cache-2"));
    expect(bodies).toEqual([]);
    await clock.advance(1);
    expect(bodies).toEqual([
      '{"time_ms":1000,"events":[{"name":"cache_miss","channel":"cache-1"},{"name":"cache_miss","channel":"cache-2"}]}',
    ]);
    webhooks.note(app, miss("cache-3"));
    await clock.advance(50);
    expect(bodies[1]).toStartWith('{"time_ms":1050,');
    expect(webhooks.counters).toMatchObject({
      queued: 2,
      queuedEvents: 3,
      delivered: 2,
      deliveredEvents: 3,
    });
  });

  test("is sent when it is full", async () => {
    const { clock, webhooks, bodies } = setUp(2);
    const app = appWith(endpoint("http://127.0.0.1/"));
    for (const n of [1, 2, 3, 4, 5]) webhooks.note(app, miss(`cache-${n}`));
    await clock.advance(0);
    const sizes = (): number[] => bodies.map((body) => JSON.parse(body).events.length);
    expect(sizes()).toEqual([2, 2]);
    await clock.advance(50);
    expect(sizes()).toEqual([2, 2, 1]);
    expect(clock.timerCount).toBe(0);
  });

  test("has the time of its first event, even if that was delayed", async () => {
    const { clock, webhooks, bodies } = setUp(100);
    const app = appWith(endpoint("http://127.0.0.1/"));
    webhooks.note(app, { kind: "channel_vacated", channel: "c" });
    await clock.advance(2990);
    webhooks.note(app, miss("cache-c"));
    await clock.advance(50);
    expect(bodies).toEqual([
      '{"time_ms":1000,"events":[{"name":"cache_miss","channel":"cache-c"},{"name":"channel_vacated","channel":"c"}]}',
    ]);
  });

  test("belongs to one endpoint of one app", async () => {
    const { clock, webhooks, bodies } = setUp(100);
    const same = endpoint("http://127.0.0.1/");
    webhooks.note(testApp({ id: "1", webhooks: [same, same] }), miss("cache-1"));
    webhooks.note(testApp({ id: "2", webhooks: [same] }), miss("cache-2"));
    await clock.advance(50);
    expect(bodies.map((body) => JSON.parse(body).events.length)).toEqual([1, 1, 1]);
  });
});

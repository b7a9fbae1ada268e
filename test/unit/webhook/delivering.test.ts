import { describe, expect, test } from "bun:test";
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import { allowance, type Resolve } from "../../../src/webhook/destination.ts";
import { DEFAULT_OUTBOX_LIMITS } from "../../../src/webhook/outbox.ts";
import type { Fetch } from "../../../src/webhook/post.ts";
import { MAX_POSTS } from "../../../src/webhook/sender.ts";
import { AUTHORITY, CERTIFICATE, PRIVATE_KEY } from "./certificate.ts";
import { Receiver } from "./receiver.ts";
import { appWith, endpoint, rig, until } from "./rig.ts";

const miss = (n: number): ChannelEvent => ({ kind: "cache_miss", channel: `cache-${n}` });
const said = (channel: string, data: string): ChannelEvent => ({
  kind: "client_event",
  channel,
  event: "client-e",
  data,
  socketId: "1.2",
  userId: null,
});
const hang = (): Promise<Response> => new Promise(() => undefined);
const HOME: Resolve = async () => ["127.0.0.1"];
const trustingFetch: Fetch = (url, init) =>
  fetch(url, { ...init, tls: { ...init.tls, ca: AUTHORITY } });

describe("A delivery", () => {
  test.each([200, 201, 202, 204, 299])("is done with status %i", async (status) => {
    using receiver = new Receiver(() => new Response(null, { status }));
    const webhooks = rig();
    webhooks.note(appWith(endpoint(receiver.url())), miss(1));
    expect(await webhooks.flush(5000)).toBe(0);
    expect(webhooks.counters).toMatchObject({ delivered: 1, failedAttempts: 0 });
    expect(receiver.received).toHaveLength(1);
  });

  test.each([300, 304, 400, 401, 404, 408, 410, 413, 422, 429, 500, 502, 503, 504, 599])(
    "is retried after status %i",
    async (status) => {
      using receiver = new Receiver(
        (_, before) => new Response(null, { status: before < 2 ? status : 200 }),
      );
      const webhooks = rig();
      webhooks.note(appWith(endpoint(receiver.url())), miss(1));
      await until(() => webhooks.counters.delivered === 1);
      expect(webhooks.counters).toMatchObject({ failedAttempts: 2, retries: 2, deadLettered: 0 });
      const [first, ...again] = receiver.received;
      expect(again).toHaveLength(2);
      for (const { headers, body } of again) {
        expect(body).toBe(first?.body ?? "");
        expect(headers).toEqual({ ...first?.headers });
      }
    },
  );

  test.each([301, 302, 303, 307, 308])("does not follow status %i", async (status) => {
    using target = new Receiver();
    using receiver = new Receiver(
      () => new Response(null, { status, headers: { Location: target.url() } }),
    );
    const webhooks = rig({ retry: { maxAttempts: 2 } });
    webhooks.note(appWith(endpoint(receiver.url())), miss(1));
    await webhooks.flush(5000);
    expect(receiver.received).toHaveLength(2);
    expect(target.received).toEqual([]);
    expect(webhooks.deadLetters()[0]?.reason).toBe(`status ${status}`);
    expect(webhooks.counters.outcomes).toEqual(new Map([["3xx", 2]]));
  });

  test("is retried when the connection breaks or cannot be made", async () => {
    let connections = 0;
    using listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          if (++connections < 3) socket.terminate();
          else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        },
      },
    });
    const broken = rig();
    broken.note(appWith(endpoint(`http://127.0.0.1:${listener.port}/`)), miss(1));
    await until(() => broken.counters.delivered === 1);
    expect(broken.counters.outcomes.get("network")).toBe(2);

    const closed = new Receiver();
    const url = closed.url();
    closed[Symbol.dispose]();
    const refused = rig({ retry: { maxAttempts: 2 } });
    refused.note(appWith(endpoint(url)), miss(1));
    await refused.flush(5000);
    expect(refused.deadLetters()[0]).toMatchObject({ reason: "ECONNREFUSED", attempts: 2 });
  });

  test("ends in time when the endpoint does not answer", async () => {
    using receiver = new Receiver(hang);
    const webhooks = rig({ options: { requestTimeoutMs: 40 }, retry: { maxAttempts: 2 } });
    webhooks.note(appWith(endpoint(receiver.url())), miss(1));
    await until(() => webhooks.counters.deadLettered === 1);
    expect(webhooks.deadLetters()[0]?.reason).toBe("timeout after 40 ms");
    expect(webhooks.counters.outcomes).toEqual(new Map([["timeout", 2]]));
    expect(webhooks.counters.attemptMs).toBeGreaterThan(70);
    expect(webhooks.inFlight).toBe(0);
  });

  test("ends in time when the name server does not answer", async () => {
    const webhooks = rig({
      options: { requestTimeoutMs: 40 },
      retry: { maxAttempts: 1 },
      ports: { resolve: () => new Promise(() => undefined) },
    });
    webhooks.note(appWith(endpoint("http://hooks.example.com/")), miss(1));
    await until(() => webhooks.counters.deadLettered === 1);
    expect(webhooks.deadLetters()[0]?.reason).toBe("timeout after 40 ms");
  });

  test("is retried when its name has no address", async () => {
    using receiver = new Receiver();
    let asked = 0;
    const resolve: Resolve = async (host) => (++asked < 3 ? [] : HOME(host));
    const webhooks = rig({ ports: { resolve } });
    webhooks.note(appWith(endpoint(receiver.url().replace("127.0.0.1", "hooks.test"))), miss(1));
    await until(() => webhooks.counters.delivered === 1);
    expect(webhooks.counters.outcomes).toEqual(
      new Map([
        ["dns", 2],
        ["2xx", 1],
      ]),
    );
  });

  test("does not read answers to their end", async () => {
    let endedCount = 0;
    const chunk = new Uint8Array(65_536);
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield chunk;
          await Bun.sleep(1);
        }
      } finally {
        endedCount++;
      }
    }
    using receiver = new Receiver(() => new Response(endless()));
    // Kept, so that the garbage collector does not close the connections.
    const kept: Response[] = [];
    const keepingFetch: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      kept.push(response);
      return response;
    };
    const webhooks = rig({ ports: { fetch: keepingFetch } });
    webhooks.note(appWith(endpoint(receiver.url())), miss(1));
    webhooks.note(appWith(endpoint(receiver.url())), miss(2));
    expect(await webhooks.flush(5000)).toBe(0);
    expect(webhooks.counters).toMatchObject({ delivered: 2, failedAttempts: 0 });
    await until(() => endedCount === 2);
    expect(kept).toHaveLength(2);
  });

  test.each([
    ["an invalid URL", "http://", []],
    ["an invalid header name", "http://127.0.0.1:1/", [["a b", "c"]]],
    ["an invalid header value", "http://127.0.0.1:1/", [["a", "b\r\nc: d"]]],
  ] as const)("with %s is given up without a request", async (_, url, headers) => {
    const webhooks = rig();
    webhooks.note(appWith(endpoint(url, { headers })), miss(1));
    await webhooks.flush(5000);
    expect(webhooks.counters).toMatchObject({ deadLettered: 1, attempts: 1, retries: 0 });
    expect(webhooks.counters.outcomes).toEqual(new Map([["refused", 1]]));
    expect(webhooks.deadLetters()[0]?.reason).toStartWith("Cannot deliver: ");
  });
});

describe("An address", () => {
  test("that is not allowed is not contacted, and the delivery is not retried", async () => {
    using receiver = new Receiver();
    const webhooks = rig({ options: { allowed: allowance([], false) } });
    const app = appWith(
      endpoint(receiver.url()),
      endpoint(receiver.url().replace("127.0.0.1", "localhost")),
      endpoint(receiver.url().replace("127.0.0.1", "[::ffff:127.0.0.1]")),
      endpoint("gopher://127.0.0.1/"),
    );
    webhooks.note(app, miss(1));
    expect(await webhooks.flush(5000)).toBe(0);
    expect(receiver.received).toEqual([]);
    expect(webhooks.counters).toMatchObject({ deadLettered: 4, retries: 0 });
    expect(webhooks.deadLetters().map(({ reason }) => reason)).toContain(
      `Cannot deliver to "127.0.0.1:${receiver.port}": 127.0.0.1 is a loopback address, it must be public unless webhooks.allow_private_addresses is true`,
    );
  });

  test("is resolved once, and the connection goes to the address that was checked", async () => {
    using receiver = new Receiver();
    const asked: string[] = [];
    // A name that resolves to another address the second time (DNS rebinding).
    const resolve: Resolve = async (host) =>
      asked.push(host) === 1 ? ["127.0.0.1"] : ["169.254.169.254"];
    const webhooks = rig({ ports: { resolve } });
    const url = receiver.url("/hook?a").replace("127.0.0.1", "user:p%40ss@hooks.test");
    webhooks.note(appWith(endpoint(url)), miss(1));
    await until(() => webhooks.counters.delivered === 1);
    expect(asked).toEqual(["hooks.test"]);
    expect(receiver.received[0]?.path).toBe("/hook?a");
    expect(receiver.received[0]?.headers).toMatchObject({
      host: `hooks.test:${receiver.port}`,
      authorization: `Basic ${btoa("user:p@ss")}`,
    });
  });

  test("that cannot be connected to is skipped for the next one", async () => {
    using receiver = new Receiver();
    const webhooks = rig({ ports: { resolve: async () => ["127.0.0.2", "127.0.0.1"] } });
    webhooks.note(appWith(endpoint(receiver.url().replace("127.0.0.1", "hooks.test"))), miss(1));
    await webhooks.flush(5000);
    expect(webhooks.counters).toMatchObject({ delivered: 1, failedAttempts: 0 });
  });

  test("that is tried first changes with each attempt", async () => {
    const dialled: string[] = [];
    const webhooks = rig({
      options: { allowed: allowance([], true) },
      retry: { maxAttempts: 4 },
      ports: {
        resolve: async () => ["2606:4700::1111", "1.1.1.1", "1.0.0.1"],
        fetch: async (url) => {
          dialled.push(url);
          return new Response(null, { status: 500 });
        },
      },
    });
    webhooks.note(appWith(endpoint("https://hooks.example.com:8443/x")), miss(1));
    await until(() => webhooks.counters.deadLettered === 1);
    expect(dialled).toEqual([
      "https://[2606:4700::1111]:8443/x",
      "https://1.1.1.1:8443/x",
      "https://1.0.0.1:8443/x",
      "https://[2606:4700::1111]:8443/x",
    ]);
  });

  test.each([
    ["hooks.example.com", true],
    ["HOOKS.example.com.", true],
    ["other.example.com", false],
  ])("needs a certificate for its name, not for the address: %s %p", async (name, delivered) => {
    using receiver = new Receiver(() => new Response(), { cert: CERTIFICATE, key: PRIVATE_KEY });
    const webhooks = rig({
      retry: { maxAttempts: 1 },
      ports: { resolve: HOME, fetch: trustingFetch },
    });
    // The valid name comes first, so that its open connection could be reused wrongly for the other.
    const urlOf = (host: string): string => `https://${host}:${receiver.port}/`;
    webhooks.note(appWith(endpoint(urlOf("hooks.example.com"))), miss(1));
    await until(() => webhooks.counters.delivered === 1);
    webhooks.note(appWith(endpoint(urlOf(name))), miss(2));
    await webhooks.flush(5000);
    expect(webhooks.counters.delivered).toBe(delivered ? 2 : 1);
    expect(webhooks.deadLetters().map(({ reason }) => reason)).toEqual(
      delivered ? [] : ["ERR_TLS_CERT_ALTNAME_INVALID"],
    );
  });

  test("with https needs a trusted certificate", async () => {
    using receiver = new Receiver(() => new Response(), { cert: CERTIFICATE, key: PRIVATE_KEY });
    const webhooks = rig({ retry: { maxAttempts: 1 }, ports: { resolve: HOME } });
    webhooks.note(appWith(endpoint(`https://hooks.example.com:${receiver.port}/`)), miss(1));
    await webhooks.flush(5000);
    expect(receiver.received).toEqual([]);
    expect(webhooks.counters.outcomes).toEqual(new Map([["network", 1]]));
  });
});

describe("An endpoint", () => {
  test("that hangs or fails delays no other endpoint, of its app or of another", async () => {
    using receiver = new Receiver(({ path }) => {
      if (path === "/hangs") return hang();
      return new Response(null, { status: path === "/fails" ? 500 : 200 });
    });
    const webhooks = rig({ retry: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 } });
    const bad = ["/hangs", "/fails"].map((path) => endpoint(receiver.url(path)));
    const mixed = appWith(...bad, endpoint(receiver.url("/same-app")));
    const other = { ...appWith(endpoint(receiver.url("/other-app"))), id: "4" };
    for (let n = 0; n < 50; n++) {
      webhooks.note(mixed, miss(n));
      webhooks.note(other, miss(n));
    }
    await until(() => webhooks.counters.delivered === 100);
    const channels = Array.from({ length: 50 }, (_, n) => `cache-${n}`).toSorted();
    for (const path of ["/same-app", "/other-app"]) {
      const told = receiver.events(path).map(({ channel }) => String(channel));
      expect(told.toSorted()).toEqual(channels);
    }
    expect(receiver.events("/hangs")).toHaveLength(MAX_POSTS);
    expect(receiver.events("/fails")).toHaveLength(MAX_POSTS);
    expect([webhooks.depth, webhooks.inFlight]).toEqual([100, MAX_POSTS]);
    expect(await webhooks.flush(0)).toBe(100);
  });

  test.each([
    ["of different channels", (n: number) => `private-${n}`, MAX_POSTS],
    ["of one channel, in their order", () => "private-c", 1],
  ])("has %s %i at once", async (_, channelOf, expected) => {
    let [now, most] = [0, 0];
    using receiver = new Receiver(async () => {
      most = Math.max(most, ++now);
      await Bun.sleep(5 * Math.random());
      now--;
      return new Response();
    });
    const webhooks = rig();
    const app = appWith(endpoint(receiver.url()));
    for (let n = 0; n < 20; n++) webhooks.note(app, said(channelOf(n), String(n)));
    await webhooks.flush(5000);
    expect(most).toBe(expected);
    const order = receiver.events().map(({ data }) => Number(data));
    if (expected === 1) expect(order).toEqual(Array.from({ length: 20 }, (__, n) => n));
    else expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (__, n) => n));
  });

  test("that is too slow loses the newest events of the lowest priority, and they are counted", async () => {
    const gate = Promise.withResolvers<void>();
    using receiver = new Receiver(async () => {
      await gate.promise;
      return new Response();
    });
    const limits = { ...DEFAULT_OUTBOX_LIMITS, maxEvents: 5 };
    const webhooks = rig({ options: { limits } });
    const app = appWith(endpoint(receiver.url()));
    for (let n = 0; n < MAX_POSTS; n++) webhooks.note(app, miss(n));
    await until(() => receiver.received.length === MAX_POSTS);
    for (let n = 10; n < 15; n++) webhooks.note(app, miss(n));
    webhooks.note(app, { kind: "member_added", channel: "presence-c", userId: "u" });
    for (let n = 15; n < 20; n++) webhooks.note(app, miss(n));
    expect(webhooks.counters).toMatchObject({ queuedEvents: 15, droppedEvents: 6 });
    expect(webhooks.counters.droppedByKind).toEqual(new Map([["cache_miss", 6]]));
    expect(webhooks.depth).toBe(MAX_POSTS + 5);
    gate.resolve();
    await webhooks.flush(5000);
    const told = receiver.events().map(({ channel }) => String(channel));
    expect(told.slice(MAX_POSTS).toSorted()).toEqual([
      "cache-10",
      "cache-11",
      "cache-12",
      "cache-13",
      "presence-c",
    ]);
  });

  test("that fails gets one delivery at a time, and several again once it works", async () => {
    let now = 0;
    const atOnce: number[] = [];
    using receiver = new Receiver(async (_, before) => {
      atOnce[before] = ++now;
      await Bun.sleep(3);
      now--;
      return new Response(null, { status: before < 8 ? 500 : 200 });
    });
    const webhooks = rig({ retry: { initialBackoffMs: 60, maxBackoffMs: 60 } });
    const app = appWith(endpoint(receiver.url()));
    for (let n = 0; n < 20; n++) webhooks.note(app, miss(n));
    await until(() => receiver.received.length > 8);
    await webhooks.flush(5000);
    expect(atOnce.slice(4, 8)).toEqual([1, 1, 1, 1]);
    expect(Math.max(...atOnce.slice(8))).toBe(MAX_POSTS);
    expect(webhooks.counters).toMatchObject({ delivered: 20, failedAttempts: 8, deadLettered: 0 });
  });
});

describe("flush()", () => {
  test("sends at once what is delayed, collected or paused", async () => {
    using receiver = new Receiver(
      (_, before) => new Response(null, { status: before === 0 ? 500 : 200 }),
    );
    const webhooks = rig({
      options: { batching: { windowMs: 60_000, maxEvents: 2 } },
      retry: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 },
    });
    const app = appWith(endpoint(receiver.url()));
    webhooks.note(app, miss(1));
    webhooks.note(app, miss(2));
    await until(() => webhooks.counters.failedAttempts === 1);
    webhooks.note(app, { kind: "member_removed", channel: "presence-c", userId: "u" });
    webhooks.note(app, { kind: "channel_vacated", channel: "presence-c" });
    webhooks.note(app, miss(3));
    expect(await webhooks.flush(5000)).toBe(0);
    const [again, ...others] = receiver.received
      .slice(1)
      .map(({ body }) => JSON.parse(body).events);
    expect(again).toEqual([
      { name: "cache_miss", channel: "cache-1" },
      { name: "cache_miss", channel: "cache-2" },
    ]);
    // Both are posted at the same time.
    expect(others.toSorted((a, b) => a.length - b.length)).toEqual([
      [{ name: "cache_miss", channel: "cache-3" }],
      [
        { name: "member_removed", channel: "presence-c", user_id: "u" },
        { name: "channel_vacated", channel: "presence-c" },
      ],
    ]);
    expect([webhooks.delayedCount, webhooks.depth]).toEqual([0, 0]);
  });

  test("returns the number of lost events when the time is over", async () => {
    using receiver = new Receiver(hang);
    const webhooks = rig();
    const app = appWith(endpoint(receiver.url()));
    for (let n = 0; n < 5; n++) webhooks.note(app, miss(n));
    const startedMs = performance.now();
    expect(await webhooks.flush(50)).toBe(5);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    // A POST that is aborted is neither a success nor a failure of the endpoint.
    await Bun.sleep(20);
    expect(webhooks.counters).toMatchObject({ delivered: 0, failedAttempts: 0, deadLettered: 0 });
    expect([webhooks.depth, webhooks.inFlight]).toEqual([0, 0]);
  });

  test("is final: events after it are counted as dropped", async () => {
    using receiver = new Receiver();
    const webhooks = rig();
    const app = appWith(endpoint(receiver.url()));
    await webhooks.flush(5000);
    webhooks.note(app, miss(1));
    webhooks.note(app, { kind: "channel_vacated", channel: "c" });
    await Bun.sleep(20);
    expect(receiver.received).toEqual([]);
    expect(webhooks.counters).toMatchObject({ queuedEvents: 2, droppedEvents: 2 });
    expect(webhooks.delayedCount).toBe(0);
  });

  test("counts the events of an app without a key as dropped", async () => {
    const webhooks = rig();
    const app = { ...appWith(endpoint("http://127.0.0.1/")), credentials: [] };
    webhooks.note(app, miss(1));
    expect(await webhooks.flush(5000)).toBe(0);
    expect(webhooks.counters).toMatchObject({ queued: 0, queuedEvents: 1, droppedEvents: 1 });
  });
});

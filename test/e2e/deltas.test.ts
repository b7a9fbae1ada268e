import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { post, publish, publishInBatches, type Publishing } from "../harness/api.ts";
import { confirmations, deliveriesOf, dueOf, expectInStep, formsOf } from "../harness/arrivals.ts";
import { until } from "../harness/deadline.ts";
import {
  type Arrival,
  connectDelta,
  type DeltaClient,
  type Form,
} from "../harness/delta-client.ts";
import { FORM, onlyIn } from "../harness/form.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { notes, ticker } from "../harness/ticker.ts";
import type { Delivery } from "../property/model/delivery.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile, {
    app: { channel_delta_compression: { "keyed-*": { conflation_key: "symbol" } } },
  });
});

function bytesOf(arrivals: readonly Arrival[]): number {
  return arrivals.reduce((sum, { frame }) => sum + Buffer.byteLength(frame.text), 0);
}

/** The server library of an application that encrypts. */
function encryptedLibrary(): PusherServer {
  return serverLibrary(server, Buffer.alloc(32, "k").toString("base64"));
}

describe("200 events of a ticker are decoded to what a plain client gets", () => {
  test.each([
    ["fossil", 7, "single", "keyed-a"],
    ["fossil", 7, "batch", "unkeyed-a"],
    ["fossil", 2, "batch", "keyed-b"],
    ["fossil", 2, "single", "unkeyed-b"],
    ["xdelta3", 7, "batch", "keyed-c"],
    ["xdelta3", 7, "single", "unkeyed-c"],
    ["xdelta3", 2, "single", "keyed-d"],
    ["xdelta3", 2, "batch", "unkeyed-d"],
  ] as const)("%s, protocol %i, %s, %s", async (algorithm, protocol, way, channel) => {
    const plain = await connectDelta(scope, server, { protocol });
    const client = await connectDelta(scope, server, { protocol });
    await plain.subscribe(channel);
    await client.subscribe(channel, { delta: algorithm });
    const events = ticker(channel, 200);
    if (way === "batch") await publishInBatches(server, events);
    else for (const event of events) await publish(server, event);

    const whole = await plain.arrivals();
    const arrivals = await client.arrivals();
    expect(new Set(formsOf(whole))).toEqual(new Set(["whole"]));
    expect(deliveriesOf(whole)).toEqual(dueOf(events));
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    expectInStep(client);

    const deltas = arrivals.filter(({ form }) => form === "delta");
    expect(deltas.length).toBeGreaterThan(150);
    for (const { frame } of deltas) {
      expect(frame.event).toBe(protocol === 2 ? "sockudo:delta" : "pusher:delta");
      expect(frame.data).toMatchObject({ algorithm });
    }
    expect(bytesOf(arrivals)).toBeLessThan(bytesOf(whole) / 2);
  });
});

test("payloads of any kind come out as they went in", async () => {
  const channel = "keyed-awkward";
  const client = await connectDelta(scope, server);
  await client.subscribe(channel, { delta: true });
  const filling = "🦊 ünï ".repeat(20);
  const payloads = [
    JSON.stringify({ symbol: 'quo"ted \\ key', filling }),
    JSON.stringify({ symbol: "ключ", filling }),
    JSON.stringify({ symbol: "x".repeat(300), filling }),
    JSON.stringify({ symbol: 7, filling }),
    JSON.stringify({ symbol: null, filling }),
    JSON.stringify({ symbol: "", filling }),
    JSON.stringify({ symbol: { of: "several" }, filling }),
    JSON.stringify({ filling, __delta_seq: 3, __conflation_key: "x" }),
    JSON.stringify({ filling, text: ',"__delta_seq":5,"__conflation_key":"y"' }),
    JSON.stringify({ filling, control: "\u0000\u001f\u2028" }),
    `${filling} no JSON`,
    "",
    "0",
    "null",
    "false",
  ];
  const events = [...payloads, ...payloads, ...payloads.toReversed()].map((data, number) => ({
    name: `event "${number % 2}"`,
    channel,
    data,
  }));
  await publishInBatches(server, events);
  const arrivals = await client.arrivals();
  expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
  expect(formsOf(arrivals)).toContain("delta");
  expectInStep(client);
});

describe("a message", () => {
  test("with delta false is sent whole, and the next delta builds on what was before", async () => {
    const channel = "unkeyed-false";
    const client = await connectDelta(scope, server);
    await client.subscribe(channel, { delta: true });
    const events = notes(channel, 9).map((event, number) =>
      number % 3 === 2 ? { ...event, delta: false } : event,
    );
    for (const event of events) await publish(server, event);
    const arrivals = await client.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    const [first, ...others] = formsOf(arrivals);
    expect(first).toBe("base");
    expect(others.join(" ")).toBe("delta whole delta delta whole delta delta whole");
    await publishInBatches(server, events);
    expect(await client.events()).toEqual(dueOf(events));
    expectInStep(client);
  });

  test("for several channels is compressed on each as that is", async () => {
    const channels = ["keyed-several", "unkeyed-several", "private-encrypted-several"];
    const client = await connectDelta(scope, server);
    for (const channel of channels) {
      const { auth } = encryptedLibrary().authorizeChannel(client.socketId, channel);
      await client.subscribe(channel, { auth, delta: true });
    }
    for (const { name, data } of ticker("", 20))
      expect((await post(server, "/events", { name, channels, data })).status).toBe(200);
    const arrivals = await client.arrivals();
    for (const channel of channels) {
      const ofChannel = arrivals.filter(({ frame }) => frame.channel === channel);
      expect(deliveriesOf(ofChannel)).toEqual(dueOf(ticker(channel, 20)));
      expect(formsOf(ofChannel).includes("delta")).toBe(!channel.startsWith("private-"));
    }
    expectInStep(client);
  });

  onlyIn("alone", "what comes from different processes has no common order")(
    "comes between client events and news of members in its place",
    async () => {
      const channel = "presence-room";
      const library = serverLibrary(server);
      const join = async (client: DeltaClient, user: string, delta: boolean): Promise<void> => {
        const member = { user_id: user };
        const signed = library.authorizeChannel(client.socketId, channel, member);
        await client.subscribe(channel, { ...signed, delta });
      };
      const [plain, client, talker] = await Promise.all([
        connectDelta(scope, server),
        connectDelta(scope, server),
        connectDelta(scope, server),
      ]);
      await join(plain, "plain", false);
      await join(client, "client", true);
      const due: Delivery[] = [];
      for (let round = 0; round < 10; round++) {
        // Different users, since repeated changes of one user are not all announced.
        const userId = `talker ${round}`;
        await join(talker, userId, round % 2 === 0);
        const events = ticker(channel, 6, round * 6);
        await publishInBatches(server, events.slice(0, 3));
        talker.say(channel, "client-typing", { round });
        expect(await talker.events()).toEqual(dueOf(events.slice(0, 3)));
        await publishInBatches(server, events.slice(3));
        expect(await talker.events()).toEqual(dueOf(events.slice(3)));
        talker.send("unsubscribe", { channel });
        talker.decoder.forget(channel);
        await talker.answers();
        const said = { event: "client-typing", data: JSON.stringify({ round }), userId };
        due.push(...dueOf(events.slice(0, 3)), said, ...dueOf(events.slice(3)));
      }
      const arrivals = await client.arrivals();
      expect(deliveriesOf(arrivals)).toEqual(due);
      expect(formsOf(arrivals)).toContain("delta");
      expect(await plain.events()).toEqual(due);
      const news = (await client.answers()).map(({ event, data }) => [event, data]);
      expect(news.filter(([event]) => event === "pusher_internal:member_added")).toHaveLength(10);
      // The plain client joined first and was told that the other joined.
      expect((await plain.answers()).slice(1).map(({ event, data }) => [event, data])).toEqual(
        news,
      );
      expectInStep(client);
    },
  );

  test("of an encrypted channel is never compressed", async () => {
    const channel = "private-encrypted-letters";
    const client = await connectDelta(scope, server);
    client.send("enable_delta_compression", { algorithms: ["fossil"] });
    await client.answers();
    const { auth } = encryptedLibrary().authorizeChannel(client.socketId, channel);
    const answers = await client.subscribe(channel, { auth, delta: true });
    expect(answers[0]?.event).toBe("pusher_internal:subscription_succeeded");
    expect(confirmations(answers)).toEqual([{ enabled: false, channel }]);
    const ciphertext = "c".repeat(400);
    const events = Array.from({ length: 4 }, (_, number) => ({
      name: "letter",
      channel,
      data: JSON.stringify({ nonce: `n${number}`, ciphertext }),
    }));
    await publishInBatches(server, events);
    const arrivals = await client.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    expect(new Set(formsOf(arrivals))).toEqual(new Set(["whole"]));
  });

  test("that leaves a socket out comes to all others, and the one left out decodes the next", async () => {
    const channel = "keyed-excluding";
    const clients = await Promise.all(
      (["fossil", "fossil", "xdelta3", false] as const).map(async (delta) => {
        const client = await connectDelta(scope, server);
        await client.subscribe(channel, { delta });
        return client;
      }),
    );
    const events = ticker(channel, 200).map((event, number): Publishing => {
      // Single ones, and a run that is longer than the number of bases that clients keep.
      const left = number >= 60 && number < 120 ? clients[0] : clients[number % 13];
      return left === undefined ? event : { ...event, socket_id: left.socketId };
    });
    await publishInBatches(server, events);
    for (const client of clients) {
      const due = events.filter(({ socket_id: left }) => left !== client.socketId);
      const arrivals = await client.arrivals();
      expect(due.length).toBeLessThan(events.length);
      expect(deliveriesOf(arrivals)).toEqual(dueOf(due));
      if (client !== clients[3]) expect(formsOf(arrivals)).toContain("delta");
      expectInStep(client);
    }
  });
});

describe("a newcomer", () => {
  test.each([
    ["fossil", 7, "keyed-joined-a"],
    ["xdelta3", 2, "keyed-joined-b"],
    ["fossil", 2, "unkeyed-joined"],
  ] as const)(
    "is given the state in mid-stream and decodes the next delta (%s, protocol %i, %s)",
    async (algorithm, protocol, channel) => {
      const first = await connectDelta(scope, server, { protocol });
      const prefix = protocol === 2 ? "sockudo" : "pusher";
      await first.subscribe(channel, { delta: algorithm });
      await publishInBatches(server, ticker(channel, 40));
      await first.arrivals();

      const second = await connectDelta(scope, server, { protocol });
      const answers = await second.subscribe(channel, { delta: algorithm });
      expect(answers.map(({ event }) => event)).toEqual([
        `${prefix}_internal:subscription_succeeded`,
        `${prefix}:delta_compression_enabled`,
        `${prefix}:delta_cache_sync`,
      ]);
      const next = ticker(channel, 40, 40);
      await publishInBatches(server, next);
      const [ofFirst, ofSecond] = [await first.arrivals(), await second.arrivals()];
      expect(deliveriesOf(ofSecond)).toEqual(dueOf(next));
      expect(formsOf(ofSecond)).toContain("delta");
      // Another process has chains of its own.
      if (FORM === "alone") {
        expect(ofSecond[0]?.form).toBe("delta");
        // All get the same bytes.
        expect(ofSecond.map(({ frame }) => frame.text)).toEqual(
          ofFirst.map(({ frame }) => frame.text),
        );
      }
      expectInStep(second);
    },
  );

  test("is given an empty state on a channel where nothing was published", async () => {
    const client = await connectDelta(scope, server);
    const answers = await client.subscribe("keyed-quiet", { delta: true });
    expect(answers.at(-1)?.data).toMatchObject({ conflation_key: "symbol", states: {} });
  });

  test("of a cache channel is given the last event, and decodes the next delta", async () => {
    const channel = "cache-prices";
    const first = await connectDelta(scope, server);
    await first.subscribe(channel, { delta: true });
    const events = ticker(channel, 20);
    await publishInBatches(server, events.slice(0, 10));
    const second = await connectDelta(scope, server);
    second.send("subscribe", { channel, delta: true });
    expect(await second.events()).toEqual(dueOf(events.slice(9, 10)));
    await publishInBatches(server, events.slice(10));
    const arrivals = await second.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events.slice(10)));
    // Another process has chains of its own.
    expect(arrivals[FORM === "alone" ? 0 : 5]?.form).toBe("delta");
    expectInStep(second);
  });

  test("gets whole messages where the state would be too large, and others do not notice", async () => {
    const small = await startServer(scope, {
      config: { delta_compression: { max_sync_kb: 1 } },
      app: { channel_delta_compression: { "*": { conflation_key: "symbol" } } },
    });
    const first = await connectDelta(scope, small);
    await first.subscribe("ticker", { delta: true });
    await publishInBatches(small, ticker("ticker", 20));
    await first.arrivals();

    const second = await connectDelta(scope, small);
    const answers = await second.subscribe("ticker", { delta: true });
    expect(answers.at(-1)?.data).toMatchObject({ states: {} });
    const next = ticker("ticker", 20, 20);
    await publishInBatches(small, next);
    const arrivals = await second.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(next));
    expect(arrivals[0]?.form).toBe("base");
    expect(formsOf((await first.arrivals()).slice(0, 5))).toEqual(Array<Form>(5).fill("delta"));
    await untilDelta(small, second, "ticker");
    expectInStep(second);
  });
});

/** Publishes until the client gets deltas. It must be handed everything meanwhile. */
async function untilDelta(target: Server, client: DeltaClient, channel: string): Promise<void> {
  let from = 1000;
  await until(async () => {
    const events = ticker(channel, 10, from);
    from += 10;
    await publishInBatches(target, events);
    const arrivals = await client.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    return arrivals.some(({ form }) => form === "delta");
  }, "a delta");
}

describe("a client that has lost a base", () => {
  test.each([7, 2] as const)(
    "says so and is in step again, which nobody else notices (protocol %i)",
    async (protocol) => {
      const channel = `unkeyed-lost-${protocol}`;
      const other = await connectDelta(scope, server, { protocol });
      const client = await connectDelta(scope, server, { protocol });
      await other.subscribe(channel, { delta: true });
      await client.subscribe(channel, { delta: true });
      const events = notes(channel, 20);
      await publishInBatches(server, events.slice(0, 4));
      await client.arrivals();
      client.loseNext();
      // The first is lost, so the second has no base and the client asks for a resync.
      await publishInBatches(server, events.slice(4, 6));
      expect(deliveriesOf(await client.arrivals())).toEqual([null]);
      expect(client.decoder.resyncs).toEqual([channel]);
      const answers = await client.answers();
      expect(answers.map(({ event }) => event)).toEqual([
        protocol === 2 ? "sockudo:delta_cache_sync" : "pusher:delta_cache_sync",
      ]);
      const rest = events.slice(6);
      await publishInBatches(server, rest);
      const arrivals = await client.arrivals();
      expect(deliveriesOf(arrivals)).toEqual(dueOf(rest));
      // The state was enough: even the first event after it is a delta.
      expect(formsOf(arrivals)).toEqual(Array<Form>(rest.length).fill("delta"));
      expect(client.decoder.resyncs).toEqual([channel]);

      const ofOther = await other.arrivals();
      expect(deliveriesOf(ofOther.slice(0, events.length))).toEqual(dueOf(events));
      expect(formsOf(ofOther.slice(1, events.length))).toEqual(
        Array<Form>(events.length - 1).fill("delta"),
      );
      expectInStep(other);
    },
  );

  test("as it does not know yet goes on after a restart of the server, which numbers anew", async () => {
    const app = { channel_delta_compression: { "*": { conflation_key: "symbol" } } };
    const first = await startServer(scope, { app });
    let client = await connectDelta(scope, first);
    await client.subscribe("ticker", { delta: true });
    await publishInBatches(first, ticker("ticker", 30));
    expect(await client.events()).toEqual(dueOf(ticker("ticker", 30)));
    await first.program.kill();

    const again = await startServer(scope, { app, port: first.port });
    client = await connectDelta(scope, again, { decoder: client.decoder });
    await client.subscribe("ticker", { delta: true });
    const events = ticker("ticker", 60, 30);
    await publishInBatches(again, events);
    expect(await client.events()).toEqual(dueOf(events));
    expectInStep(client);
  });
});

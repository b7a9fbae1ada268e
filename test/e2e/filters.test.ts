import { beforeAll, describe, expect, test } from "bun:test";
import { post, publish, publishInBatches, type Publishing } from "../harness/api.ts";
import { deliveriesOf, dueOf, expectInStep, formsOf } from "../harness/arrivals.ts";
import { until } from "../harness/deadline.ts";
import { connectDelta, type Connecting, type DeltaClient } from "../harness/delta-client.ts";
import { parseObject } from "../harness/json.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { ticker } from "../harness/ticker.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile, {
    app: { channel_delta_compression: { "keyed-*": { conflation_key: "symbol" } } },
  });
});

type Tags = Readonly<Record<string, string>>;

/** A client that is subscribed with these parameters. */
async function subscribed(
  channel: string,
  parameters: Readonly<Record<string, unknown>>,
  connecting: Connecting & { readonly to?: Server } = {},
): Promise<DeltaClient> {
  const client = await connectDelta(scope, connecting.to ?? server, connecting);
  const [answer] = await client.subscribe(channel, parameters);
  if (answer?.event.endsWith("_internal:subscription_succeeded") !== true)
    throw new Error(`Cannot subscribe: the answer is ${answer?.text}`);
  return client;
}

async function namesOf(client: DeltaClient): Promise<readonly string[]> {
  return (await client.events()).map(({ event }) => event);
}

async function isOccupied(channel: string): Promise<unknown> {
  const response = await serverLibrary(server).get({ path: `/channels/${channel}` });
  return parseObject(await response.text())["occupied"];
}

/** What is published, by the names that the tables below speak of. */
const MESSAGES: Readonly<Record<string, Tags>> = {
  bare: {},
  nyse: { exchange: "NYSE", price: "10.5" },
  nasdaq: { exchange: "NASDAQ", price: "9" },
  cheap: { exchange: "NYSE", price: "-3" },
  dear: { exchange: "LSE", price: "1e3" },
  odd: { exchange: "nyse", price: "ten" },
  blank: { exchange: "", price: "" },
  spaced: { exchange: "NYSE MKT", price: " 10.5" },
  endless: { price: "inf" },
  proto: { constructor: "x", ["__proto__"]: "y" },
};

const leaf = (key: string, cmp: string, val?: unknown): object => ({ key, cmp, val });
const among = (key: string, cmp: string, vals: readonly unknown[]): object => ({ key, cmp, vals });

describe("of tagged messages a subscription gets those that pass its filter", () => {
  test.each([
    [leaf("exchange", "eq", "NYSE"), "nyse cheap"],
    [leaf("exchange", "neq", "NYSE"), "bare nasdaq dear odd blank spaced endless proto"],
    [among("exchange", "in", ["LSE", "NASDAQ"]), "nasdaq dear"],
    [among("exchange", "in", [""]), "blank"],
    [among("exchange", "nin", ["NYSE", "LSE"]), "bare nasdaq odd blank spaced endless proto"],
    [leaf("exchange", "ex"), "nyse nasdaq cheap dear odd blank spaced"],
    [leaf("exchange", "nex"), "bare endless proto"],
    [leaf("exchange", "sw", "NYSE"), "nyse cheap spaced"],
    [leaf("exchange", "ew", "E"), "nyse cheap dear"],
    [leaf("exchange", "ct", "Y"), "nyse cheap spaced"],
    [leaf("price", "gt", "10"), "nyse dear endless"],
    [leaf("price", "gt", 10.5), "dear endless"],
    [leaf("price", "gte", 10.5), "nyse dear endless"],
    [leaf("price", "lt", "10"), "nasdaq cheap"],
    [leaf("price", "lte", 9), "nasdaq cheap"],
    [leaf("price", "lte", "1000"), "nyse nasdaq cheap dear"],
    [leaf("price", "lt", "0x10"), ""],
    [leaf("price", "gt", "ten"), ""],
    [leaf("constructor", "ex"), "proto"],
    [leaf("__proto__", "eq", "y"), "proto"],
    [leaf("toString", "nex"), Object.keys(MESSAGES).join(" ")],
    [{ op: "and", nodes: [leaf("exchange", "eq", "NYSE"), leaf("price", "gte", 0)] }, "nyse"],
    [{ op: "or", nodes: [leaf("exchange", "eq", "LSE"), leaf("price", "eq", "9")] }, "nasdaq dear"],
    [{ op: "not", nodes: [leaf("exchange", "ex")] }, "bare endless proto"],
    [
      {
        op: "and",
        nodes: [
          { op: "not", nodes: [leaf("exchange", "eq", "NYSE")] },
          { op: "or", nodes: [leaf("price", "gt", 100), leaf("price", "ct", "e")] },
        ],
      },
      "dear odd endless",
    ],
    [{ events: ["nyse", "dear", "nobody"] }, "nyse dear"],
    [{ events: ["nyse", "dear"], tags: leaf("exchange", "eq", "NYSE") }, "nyse"],
    [{ events: [], tags: leaf("exchange", "eq", "LSE") }, "dear"],
    [{ events: null, tags: null }, Object.keys(MESSAGES).join(" ")],
  ])("%j", async (filter, expected) => {
    const channel = "market";
    const clients = [
      await subscribed(channel, { filter }),
      await subscribed(channel, { tags_filter: filter }),
      await subscribed(channel, { filter, tags_filter: leaf("exchange", "eq", "none") }),
      await subscribed(channel, { filter }, { protocol: 2 }),
    ];
    const everything = await subscribed(channel, {});
    const events = Object.entries(MESSAGES).map(([name, tags]): Publishing => ({
      name,
      channel,
      data: "{}",
      tags,
    }));
    for (const event of events) await publish(server, event);
    await publishInBatches(server, events);
    const wanted = expected === "" ? [] : expected.split(" ");
    for (const client of clients) expect(await namesOf(client)).toEqual([...wanted, ...wanted]);
    expect(await namesOf(everything)).toEqual([...Object.keys(MESSAGES), ...Object.keys(MESSAGES)]);
  });
});

describe("a malformed filter is refused with a sentence, and then there is no subscription", () => {
  const deep = (levels: number): object =>
    levels === 1 ? leaf("a", "ex") : { op: "not", nodes: [deep(levels - 1)] };
  const wide = (count: number): object => ({
    op: "or",
    nodes: Array.from({ length: count - 1 }, (_, index) => leaf("a", "eq", `v${index}`)),
  });

  test.each([
    ["an unknown op", { op: "xor", nodes: [leaf("a", "ex")] }, /"filter\.op": it is "xor"/],
    ["no comparison", { key: "a" }, /"filter\.cmp": it is missing/],
    ["an unknown comparison", leaf("a", "like", "b"), /"filter\.cmp": it is "like"/],
    ["no key", { cmp: "eq", val: "b" }, /"filter\.key": it is missing/],
    ["no value", leaf("a", "eq"), /"filter\.val": it is missing/],
    ["an object for a value", leaf("a", "eq", {}), /"filter\.val": it is an object/],
    ["no values", { key: "a", cmp: "in" }, /"filter\.vals": it is missing/],
    ["an empty list of values", among("a", "in", []), /"filter\.vals"/],
    ["129 values", among("a", "in", Array(129).fill("v")), /"filter\.vals".*129.*128/],
    ["a not of two", { op: "not", nodes: [leaf("a", "ex"), leaf("b", "ex")] }, /exactly one/],
    ["an and of none", { op: "and", nodes: [] }, /"filter\.nodes"/],
    ["17 levels", deep(17), /level 17.*level 16/],
    ["129 nodes", wide(129), /node 129.*128/],
    ["a mistake below", { op: "or", nodes: [leaf("a", "ex"), {}] }, /"filter\.nodes\[1\]\./],
    ["a text", "exchange == NYSE", /"filter": it is "exchange == NYSE"/],
    ["a number", 7, /"filter": it is the number 7/],
    ["a list", [leaf("a", "ex")], /"filter": it is an array/],
    ["true", true, /"filter": it is the boolean true/],
    ["an empty object", {}, /"filter\./],
    ["events that are no list", { events: "price" }, /"filter\.events": it is "price"/],
    ["an event that is no text", { events: [7] }, /"filter\.events\[0\]": it is the number 7/],
    ["51 events", { events: Array(51).fill("e") }, /"filter\.events".*51.*50/],
    ["a bad filter beside events", { events: ["e"], tags: {} }, /"filter\.tags\./],
    ["an expression", { expression: "tags.a == 'b'" }, /"filter\.expression"/],
  ])("%s", async (_, filter, sentence) => {
    const channel = "refused";
    for (const protocol of [7, 2] as const) {
      const client = await connectDelta(scope, server, { protocol });
      for (const member of ["filter", "tags_filter"]) {
        const answers = await client.subscribe(channel, { [member]: filter, delta: true });
        expect(answers).toHaveLength(1);
        expect(answers[0]?.event).toBe(protocol === 2 ? "sockudo:error" : "pusher:error");
        const { message } = parseObject(JSON.stringify(answers[0]?.data));
        expect(message).toMatch(sentence);
        expect(message).toStartWith("Cannot ");
      }
      expect(await isOccupied(channel)).toBe(false);
      await publish(server, { name: "e", channel, data: "{}", tags: { a: "v1" } });
      expect(await client.events()).toEqual([]);

      // The connection stays open and can subscribe with a valid filter.
      const [answer] = await client.subscribe(channel, { filter: leaf("a", "sw", "v") });
      expect(answer?.event).toEndWith("_internal:subscription_succeeded");
      await until(() => isOccupied(channel), `${channel} to be occupied`);
      await publish(server, { name: "e", channel, data: "{}", tags: { a: "v1" } });
      expect(await namesOf(client)).toEqual(["e"]);
      client.send("unsubscribe", { channel });
      await client.answers();
    }
  });

  test.each([
    ["16 levels", deep(16), []],
    ["128 nodes", wide(128), ["e"]],
    ["128 values", among("a", "in", Array(128).fill("v1")), ["e"]],
  ])("but not one of %s", async (_, filter, expected) => {
    const client = await subscribed("as-large-as-may-be", { filter });
    const event = { name: "e", channel: "as-large-as-may-be", data: "{}", tags: { a: "v1" } };
    await publish(server, event);
    expect(await namesOf(client)).toEqual(expected);
  });
});

test("a server with filters switched off refuses them, and takes subscriptions without one", async () => {
  const off = await startServer(scope, { config: { tag_filtering: { enabled: false } } });
  const client = await connectDelta(scope, off);
  const answers = await client.subscribe("a", { filter: leaf("a", "ex") });
  expect(answers).toMatchObject([
    { event: "pusher:error", data: { message: expect.stringContaining("filters switched off") } },
  ]);
  const [answer] = await client.subscribe("a");
  expect(answer?.event).toBe("pusher_internal:subscription_succeeded");
});

describe("tags that are malformed", () => {
  test.each([
    ["a list", ["a"], /"tags": it is an array/],
    ["a text", "a", /"tags": it is "a"/],
    ["an object in them", { a: { b: "c" } }, /"tags\.a": it is an object/],
    ["a list in them", { a: ["b"] }, /"tags\.a": it is an array/],
    [
      "129 of them",
      Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`t${index}`, "v"])),
      /129 tags.*128/,
    ],
  ])("%s are refused with 400, and nothing is published", async (_, tags, sentence) => {
    const client = await subscribed("untouched", {});
    const [good, bad] = [
      { name: "good", channel: "untouched", data: "{}" },
      { name: "bad", channel: "untouched", data: "{}", tags },
    ];
    for (const [path, body] of [
      ["/events", bad],
      ["/batch_events", { batch: [good, bad] }],
    ] as const) {
      const answer = await post(server, path, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatch(sentence);
    }
    expect(await client.events()).toEqual([]);
  });

  test("numbers and booleans are tags as their texts", async () => {
    const filter = {
      op: "and",
      nodes: [leaf("price", "eq", "10.5"), leaf("open", "eq", true), leaf("price", "gt", 10)],
    };
    const client = await subscribed("numbers", { filter });
    const tags = { price: 10.5, open: true };
    const answer = await post(server, "/events", {
      name: "e",
      channel: "numbers",
      data: "{}",
      tags,
    });
    expect(answer.status).toBe(200);
    expect(await namesOf(client)).toEqual(["e"]);
  });
});

describe("tags are delivered", () => {
  const TAGS = { exchange: "NYSE", price: "10.5" };

  test.each([
    ["as the server says, to whom speaks the second protocol", true, "plain", 2, TAGS],
    ["to nobody by default", undefined, "plain", 2, undefined],
    ["to nobody when the server says so", false, "plain", 2, undefined],
    ["never to Pusher's clients", true, "plain", 7, undefined],
    ["where the channel says so", false, "with-tags", 2, TAGS],
    ["but not where the channel says not", true, "without-tags", 2, undefined],
    ["never to Pusher's clients, whatever the channel says", false, "with-tags", 7, undefined],
  ] as const)("%s", async (_, enableTags, channel, protocol, expected) => {
    const to = await startServer(scope, {
      config: enableTags === undefined ? {} : { tag_filtering: { enable_tags: enableTags } },
      app: {
        channel_delta_compression: {
          "with-tags": { enable_tags: true },
          "without-tags": { enable_tags: false },
        },
      },
    });
    const filter = leaf("exchange", "eq", "NYSE");
    const note = "The same in all messages, again and again. ".repeat(5);
    const events = [1, 2, 3].map((number) => ({
      name: "e",
      channel,
      data: JSON.stringify({ note, number }),
      tags: TAGS,
    }));
    for (const parameters of [{}, { filter }, { delta: true }, { filter, delta: true }]) {
      const client = await subscribed(channel, parameters, { protocol, to });
      await publishInBatches(to, events);
      const deliveries = await client.events();
      expect(deliveries.map(({ data }) => data)).toEqual(events.map(({ data }) => data));
      expect(deliveries.map(({ tags }) => tags)).toEqual([expected, expected, expected]);
    }
  });
});

describe("with deltas", () => {
  const EXCHANGES = ["XNAS", "XNYS", "XLON"];

  /** The ticker, each event with its exchange and number as tags. */
  function tagged(channel: string, count: number, from = 0): readonly Publishing[] {
    return ticker(channel, count, from).map((event) => {
      const { exchange, number } = parseObject(event.data);
      return { ...event, tags: { exchange: String(exchange), number: String(number) } };
    });
  }

  test.each([
    ["fossil", 7, "keyed-filtered-a"],
    ["xdelta3", 2, "keyed-filtered-b"],
    ["fossil", 2, "unkeyed-filtered-a"],
    ["xdelta3", 7, "unkeyed-filtered-b"],
  ] as const)(
    "each filter has a chain of its own (%s, protocol %i, %s)",
    async (delta, protocol, channel) => {
      const filters = [
        ...EXCHANGES.map((exchange) => leaf("exchange", "eq", exchange)),
        // The same as the first, in other words.
        { op: "and", nodes: [among("exchange", "in", ["XNAS"]), leaf("exchange", "neq", "XFRA")] },
        leaf("number", "lt", 100),
        { op: "not", nodes: [among("exchange", "in", EXCHANGES)] },
        { events: ["quote"] },
        null,
      ];
      const pairs = await Promise.all(
        filters.map(async (filter) => ({
          plain: await subscribed(channel, { filter }, { protocol }),
          compressed: await subscribed(channel, { filter, delta }, { protocol }),
        })),
      );
      const events = tagged(channel, 200);
      await publishInBatches(server, events.slice(0, 100));
      // A client joins a delta chain in mid-stream.
      const late = await subscribed(channel, { filter: filters[0], delta }, { protocol });
      for (const event of events.slice(100)) await publish(server, event);

      let sum = 0;
      for (const { plain, compressed } of pairs) {
        const whole = await plain.events();
        const arrivals = await compressed.arrivals();
        sum += whole.length;
        expect(deliveriesOf(arrivals)).toEqual([...whole]);
        const deltaCount = formsOf(arrivals).filter((form) => form === "delta").length;
        expect(deltaCount).toBeGreaterThan(whole.length / 2);
        expectInStep(compressed);
      }
      // Three exchanges and the rest of them are all; the first comes twice.
      const ofFirst = events.filter(({ tags }) => tags?.["exchange"] === EXCHANGES[0]);
      const quotes = events.filter(({ name }) => name === "quote");
      expect(sum).toBe(200 + ofFirst.length + 100 + quotes.length + 200);
      const dueLate = events.slice(100).filter((event) => ofFirst.includes(event));
      expect(await late.events()).toEqual(dueOf(dueLate));
    },
  );

  test("a filter that is left and another that is taken begin a chain anew", async () => {
    const channel = "keyed-changing";
    const client = await connectDelta(scope, server);
    let from = 0;
    for (const exchange of [...EXCHANGES, ...EXCHANGES]) {
      await client.subscribe(channel, { filter: leaf("exchange", "eq", exchange), delta: true });
      const events = tagged(channel, 40, from);
      from += 40;
      await publishInBatches(server, events);
      const due = events.filter(({ tags }) => tags?.["exchange"] === exchange);
      expect(await client.events()).toEqual(dueOf(due));
      client.send("unsubscribe", { channel });
      client.decoder.forget(channel);
    }
    expectInStep(client);
  });
});

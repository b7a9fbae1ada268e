import { beforeAll, describe, expect, test } from "bun:test";
import { publishInBatches, type Publishing } from "../harness/api.ts";
import { confirmations, deliveriesOf, dueOf, expectInStep, formsOf } from "../harness/arrivals.ts";
import { connectDelta, type Form } from "../harness/delta-client.ts";
import { isObject } from "../harness/json.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { notes, SYMBOLS, ticker } from "../harness/ticker.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile, {
    app: {
      channel_delta_compression: {
        "keyed-*": { enabled: true, algorithm: "fossil", conflation_key: "symbol" },
        "keyed-but-off": "disabled",
        "off-*": "disabled",
        "switched-off-*": { enabled: false, conflation_key: "symbol" },
        "short-fossil-*": "fossil",
        "short-xdelta3-*": "xdelta3",
        "*-vcdiff": "vcdiff",
        "inherit-*": "inherit",
        "nested-*": { conflation_key: "share.symbol" },
      },
    },
  });
});

const fossil = { enabled: true, algorithm: "fossil" };
const xdelta3 = { enabled: true, algorithm: "xdelta3" };

describe("a connection that asks for deltas", () => {
  test.each([
    [{ algorithms: ["fossil", "xdelta3"] }, fossil],
    [{ algorithms: ["xdelta3", "fossil"] }, xdelta3],
    [{ algorithms: ["brotli", "vcdiff"] }, xdelta3],
    [{ algorithms: ["brotli"] }, fossil],
    [JSON.stringify({ algorithms: ["xdelta3"] }), xdelta3],
    [{}, fossil],
    [undefined, fossil],
  ])("with %j is told %j", async (data, expected) => {
    for (const [protocol, prefix] of [
      [7, "pusher"],
      [2, "sockudo"],
    ] as const) {
      const client = await connectDelta(scope, server, { protocol });
      client.send("enable_delta_compression", data);
      const answers = await client.answers();
      expect(answers.map(({ text }) => JSON.parse(text))).toEqual([
        { event: `${prefix}:delta_compression_enabled`, data: expected },
      ]);
    }
  });

  test("gets them on channels that it is on and on those to come, but not where it said no", async () => {
    const channels = ["keyed-before", "keyed-after", "no-before", "no-after"] as const;
    const client = await connectDelta(scope, server);
    await client.subscribe("keyed-before");
    await client.subscribe("no-before", { delta: false });
    await publishInBatches(server, ticker("keyed-before", 5));
    expect(formsOf(await client.arrivals())).toEqual(Array<Form>(5).fill("whole"));
    client.send("enable_delta_compression", { algorithms: ["xdelta3"] });
    await client.answers();
    await client.subscribe("keyed-after");
    await client.subscribe("no-after", { delta: "none" });

    for (const channel of channels) {
      const events = ticker(channel, 20, 5);
      await publishInBatches(server, events);
      const arrivals = await client.arrivals();
      expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
      const deltas = arrivals.filter(({ form }) => form === "delta");
      for (const { frame } of deltas) expect(frame.data).toMatchObject({ algorithm: "xdelta3" });
      expect(deltas.length > 0).toBe(channel.startsWith("keyed-"));
    }
    expectInStep(client);
  });
});

describe("a subscription with delta", () => {
  test.each([
    [true, fossil],
    ["fossil", fossil],
    ["xdelta3", xdelta3],
    ["vcdiff", xdelta3],
    [{ enabled: true }, fossil],
    [{ algorithm: "xdelta3" }, xdelta3],
    [{ enabled: true, algorithm: "vcdiff" }, xdelta3],
    [{ enabled: true, algorithm: "fossil" }, fossil],
  ])("%j gets deltas, and is told so", async (delta, expected) => {
    for (const protocol of [7, 2] as const) {
      const channel = `spelling-${protocol}`;
      const client = await connectDelta(scope, server, { protocol });
      const answers = await client.subscribe(channel, { delta });
      expect(confirmations(answers)).toEqual([{ ...expected, channel }]);
      const events = notes(channel, 3);
      await publishInBatches(server, events);
      const arrivals = await client.arrivals();
      expect(formsOf(arrivals)).toEqual(["base", "delta", "delta"]);
      expect(arrivals[1]?.frame.data).toMatchObject({ algorithm: expected.algorithm });
      expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    }
  });

  test.each([false, "disabled", "none", "false", { enabled: false }])(
    "%j gets whole messages, also on a connection with deltas",
    async (delta) => {
      const channel = "spelling-of-no";
      const client = await connectDelta(scope, server);
      client.send("enable_delta_compression", { algorithms: ["fossil"] });
      await client.answers();
      const answers = await client.subscribe(channel, { delta });
      expect(confirmations(answers)).toEqual([{ enabled: false, channel }]);
      await publishInBatches(server, notes(channel, 3));
      expect(formsOf(await client.arrivals())).toEqual(["whole", "whole", "whole"]);
    },
  );

  test("leaves other subscriptions of its connection as they are", async () => {
    const client = await connectDelta(scope, server);
    await client.subscribe("with-deltas", { delta: true });
    expect(confirmations(await client.subscribe("without-deltas"))).toEqual([]);
    await publishInBatches(server, notes("without-deltas", 3));
    expect(formsOf(await client.arrivals())).toEqual(["whole", "whole", "whole"]);
  });

  test("gets them again when it has left the channel and come back", async () => {
    const channel = "keyed-revolving";
    const stays = await connectDelta(scope, server);
    await stays.subscribe(channel, { delta: true });
    const client = await connectDelta(scope, server);
    for (let round = 0; round < 3; round++) {
      await client.subscribe(channel, { delta: true });
      const events = ticker(channel, 20, round * 30);
      await publishInBatches(server, events);
      expect(await client.events()).toEqual(dueOf(events));
      client.send("unsubscribe", { channel });
      client.decoder.forget(channel);
      await publishInBatches(server, ticker(channel, 10, round * 30 + 20));
      expect(await client.events()).toEqual([]);
    }
    expect(await stays.events()).toEqual(dueOf(ticker(channel, 90)));
    expectInStep(client);
    expectInStep(stays);
  });
});

describe("a channel of the app's configuration", () => {
  test.each([
    ["short-fossil-a", fossil],
    ["short-xdelta3-a", xdelta3],
    ["any-vcdiff", xdelta3],
    ["inherit-a", fossil],
    ["keyed-full", fossil],
    ["off-vcdiff-not", { enabled: false }],
    ["off-a", { enabled: false }],
    ["keyed-but-off", { enabled: false }],
    ["switched-off-a", { enabled: false }],
    ["short-fossil-but-vcdiff", fossil],
  ])("%s has what its pattern says", async (channel, expected) => {
    const client = await connectDelta(scope, server);
    const answers = await client.subscribe(channel, { delta: true });
    expect(confirmations(answers)).toEqual([{ ...expected, channel }]);
    const events = notes(channel, 3);
    await publishInBatches(server, events);
    const arrivals = await client.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    expect(formsOf(arrivals)).toEqual(
      expected.enabled ? ["base", "delta", "delta"] : ["whole", "whole", "whole"],
    );
    if ("algorithm" in expected)
      expect(arrivals[1]?.frame.data).toMatchObject({ algorithm: expected.algorithm });
  });

  test("with an algorithm yields to what the subscription asks for", async () => {
    const client = await connectDelta(scope, server);
    const answers = await client.subscribe("short-xdelta3-b", { delta: "fossil" });
    expect(confirmations(answers)).toEqual([{ ...fossil, channel: "short-xdelta3-b" }]);
  });

  test("with a conflation key has a chain of its own for each key", async () => {
    const channel = "keyed-chains";
    const client = await connectDelta(scope, server);
    await client.subscribe(channel, { delta: true });
    const events = ticker(channel, 50);
    await publishInBatches(server, events);
    const arrivals = await client.arrivals();
    const keyOfSeq = new Map<unknown, unknown>();
    for (const [number, { form, frame }] of arrivals.entries()) {
      const symbol = SYMBOLS[number % SYMBOLS.length];
      const parsed: unknown = form === "delta" ? frame.data : JSON.parse(frame.text);
      if (!isObject(parsed)) throw new Error(`Cannot read the markers of ${frame.text}`);
      expect(parsed[form === "delta" ? "conflation_key" : "__conflation_key"]).toBe(symbol);
      if (form === "delta") expect(keyOfSeq.get(parsed["base_index"])).toBe(symbol);
      keyOfSeq.set(parsed[form === "delta" ? "seq" : "__delta_seq"], symbol);
    }
    expect(formsOf(arrivals.slice(0, SYMBOLS.length))).toEqual(SYMBOLS.map(() => "base"));
    expect(formsOf(arrivals).filter((form) => form === "delta").length).toBeGreaterThan(35);
  });

  test("may have a dotted path for its conflation key", async () => {
    const channel = "nested-a";
    const client = await connectDelta(scope, server);
    await client.subscribe(channel, { delta: true });
    const filling = "The same for all shares, again and again. ".repeat(4);
    const events = Array.from({ length: 6 }, (_, number) => ({
      name: "quote",
      channel,
      data: JSON.stringify({ share: { symbol: `S${number % 2}` }, filling, number }),
    }));
    await publishInBatches(server, events);
    const arrivals = await client.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    expect(formsOf(arrivals)).toEqual(["base", "base", "delta", "delta", "delta", "delta"]);
    expect(arrivals[3]?.frame.data).toMatchObject({ conflation_key: "S1" });
  });
});

describe("the server's configuration says", () => {
  test("after how many deltas a message is sent whole", async () => {
    const config = { delta_compression: { full_message_interval: 5 } };
    const configured = await startServer(scope, { config });
    const client = await connectDelta(scope, configured);
    await client.subscribe("notes", { delta: true });
    await publishInBatches(configured, notes("notes", 13));
    const forms = formsOf(await client.arrivals());
    const round: readonly Form[] = ["base", "delta", "delta", "delta", "delta", "delta"];
    expect(forms).toEqual([...round, ...round, "base"]);
  });

  test("from which size on messages are compressed", async () => {
    const bytes = 300;
    const config = { delta_compression: { min_message_size: bytes } };
    const configured = await startServer(scope, { config });
    const client = await connectDelta(scope, configured);
    const empty = Buffer.byteLength('{"event":"e","data":"","channel":"notes"}');
    // A two-byte character shows that bytes are counted, not characters.
    const ofSize = (size: number): Publishing => ({
      name: "e",
      channel: "notes",
      data: `ü${"x".repeat(size - empty - 2)}`,
    });
    await client.subscribe("notes", { delta: true });
    const events = [bytes - 1, bytes - 1, bytes, bytes - 1, bytes, bytes + 1].map(ofSize);
    await publishInBatches(configured, events);
    const arrivals = await client.arrivals();
    expect(Buffer.byteLength(arrivals[0]?.frame.text ?? "")).toBe(bytes - 1);
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
    expect(formsOf(arrivals)).toEqual(["whole", "whole", "base", "whole", "delta", "delta"]);
    expectInStep(client);
  });

  test("that nobody gets deltas", async () => {
    const config = { delta_compression: { enabled: false } };
    const app = { channel_delta_compression: { "*": "fossil" } };
    const configured = await startServer(scope, { config, app });
    const client = await connectDelta(scope, configured);
    client.send("enable_delta_compression", { algorithms: ["fossil"] });
    expect(confirmations(await client.answers())).toEqual([{ enabled: false }]);
    const answers = await client.subscribe("notes", { delta: true });
    expect(confirmations(answers)).toEqual([{ enabled: false, channel: "notes" }]);
    await publishInBatches(configured, notes("notes", 3));
    expect(formsOf(await client.arrivals())).toEqual(["whole", "whole", "whole"]);
  });

  test("which algorithm there is for those who leave it open, and that deltas need not name it", async () => {
    const config = { delta_compression: { algorithm: "xdelta3", omit_delta_algorithm: true } };
    const configured = await startServer(scope, { config });
    const events = notes("notes", 5);
    const named: boolean[] = [];
    for (const [wanted, told] of [
      [{}, xdelta3],
      [{ algorithms: ["fossil"] }, fossil],
    ]) {
      const client = await connectDelta(scope, configured);
      client.send("enable_delta_compression", wanted);
      expect(confirmations(await client.answers())).toEqual([told]);
      await client.subscribe("notes");
      await publishInBatches(configured, events);
      const arrivals = await client.arrivals();
      expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
      expect(formsOf(arrivals).slice(1)).toEqual(["delta", "delta", "delta", "delta"]);
      named.push(...arrivals.slice(1).map(({ frame }) => frame.text.includes('"algorithm":')));
    }
    expect(named).toEqual([true, true, true, true, false, false, false, false]);
  });

  test("on how many channels one connection gets deltas", async () => {
    const config = { delta_compression: { max_channel_states_per_socket: 2 } };
    const configured = await startServer(scope, { config });
    const client = await connectDelta(scope, configured);
    const told: unknown[] = [];
    for (const channel of ["a", "b", "c"])
      told.push(...confirmations(await client.subscribe(channel, { delta: true })));
    expect(told).toEqual([
      { ...fossil, channel: "a" },
      { ...fossil, channel: "b" },
      { enabled: false, channel: "c" },
    ]);
    await publishInBatches(configured, notes("c", 3));
    expect(formsOf(await client.arrivals())).toEqual(["whole", "whole", "whole"]);
  });

  test("for how long a message may be built upon", async () => {
    const config = { delta_compression: { max_state_age_secs: 1 } };
    const configured = await startServer(scope, { config });
    const client = await connectDelta(scope, configured);
    await client.subscribe("notes", { delta: true });
    const events = notes("notes", 6);
    await publishInBatches(configured, events.slice(0, 3));
    expect(formsOf(await client.arrivals())).toEqual(["base", "delta", "delta"]);
    // Far longer than the second of the setting and the period of the server's sweep.
    await Bun.sleep(4000);
    await publishInBatches(configured, events.slice(3));
    const arrivals = await client.arrivals();
    expect(deliveriesOf(arrivals)).toEqual(dueOf(events.slice(3)));
    expect(formsOf(arrivals)).toEqual(["base", "delta", "delta"]);
  });

  test("where the conflation key stands, unless the channel says so, and how many are followed", async () => {
    const configured = await startServer(scope, {
      config: {
        delta_compression: {
          conflation_key_path: "symbol",
          max_conflation_states_per_channel: SYMBOLS.length - 1,
        },
      },
      app: {
        channel_delta_compression: {
          "more-*": { max_conflation_keys: SYMBOLS.length },
          "unkeyed-*": { conflation_key: "" },
        },
      },
    });
    const client = await connectDelta(scope, configured);
    for (const [channel, firstForms, laterForm, isKeyed] of [
      ["more-a", "base", "delta", true],
      // One too few, so that the base of each next key has just been evicted.
      ["fewer-a", "base", "base", true],
      ["unkeyed-a", "delta", "delta", false],
    ] as const) {
      await client.subscribe(channel, { delta: true });
      const events = ticker(channel, 20);
      await publishInBatches(configured, events);
      const arrivals = await client.arrivals();
      expect(deliveriesOf(arrivals)).toEqual(dueOf(events));
      const [first, ...forms] = formsOf(arrivals);
      const others = SYMBOLS.length - 1;
      expect(first).toBe("base");
      expect(new Set(forms.slice(0, others))).toEqual(new Set([firstForms]));
      expect(new Set(forms.slice(others))).toEqual(new Set([laterForm]));
      expect(arrivals[0]?.frame.text.includes('"__conflation_key":"ACME"')).toBe(isKeyed);
      expectInStep(client);
    }
  });
});

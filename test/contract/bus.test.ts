// What every bus must do, checked for each body with its real broker.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until, within } from "../harness/deadline.ts";
import { Scope, testScope } from "../harness/scope.ts";
import { BODIES, type BodyBroker } from "./bus-bodies.ts";
import { BusNode } from "./bus-node.ts";

const scope = testScope();

/** A publish must be settled after a second; what is above is for a machine that is busy. */
const SETTLED_MS = 1500;

const UNUSUAL_TOPICS = [
  "presence-a.b,c@d=e;f:g",
  "#server-to-user-4.2",
  "*",
  ">",
  "a.*.>",
  "..",
  " ",
  "with space\tand\r\nlines",
  "{braces}",
  "{}",
  "$SYS.x",
  "__proto__",
  "constructor",
  "ünïcödé 🎈",
  "%41",
  "A",
  "a",
  "x".repeat(200),
];

for (const body of BODIES)
  describe(`bus ${body.name}`, () => {
    const own = new Scope();
    let broker: BodyBroker;
    let prefixCount = 0;
    beforeAll(async () => {
      broker = await body.start(own);
    });
    afterAll(() => own.end());

    /** A prefix of its own for each test. */
    const prefixOf = (): string => `test${++prefixCount}:`;
    const open = (prefix: string): Promise<BusNode> => BusNode.open(scope, broker.busWith(prefix));
    const openTwo = async (): Promise<readonly [BusNode, BusNode]> => {
      const prefix = prefixOf();
      return [await open(prefix), await open(prefix)];
    };

    test("delivers to the nodes that have joined a topic", async () => {
      const [one, two] = await openTwo();
      await two.bus.join("t");
      expect(await one.bus.publish("t", "for two")).toBe(true);
      expect(await one.bus.publish("u", "for nobody")).toBe(true);
      expect(await one.bus.publish("t", "")).toBe(true);
      expect(await two.has("t", 2)).toEqual(["for two", ""]);
      expect(two.messages.length).toBe(2);
      expect(one.messages).toEqual([]);
    });

    test("keeps the order of a sender on a topic", async () => {
      const [one, two] = await openTwo();
      await Promise.all(["a", "b"].map((topic) => two.bus.join(topic)));
      for (let number = 0; number < 2000; number++) {
        void one.bus.publish(number % 3 === 0 ? "a" : "b", `${number}`);
        void two.bus.publish("b", `own ${number}`);
        if (number % 100 === 99) await Bun.sleep(0);
      }
      const numbers = (texts: readonly string[]): readonly number[] => texts.map(Number);
      const onA = numbers(await two.has("a", 667));
      expect(onA).toEqual(onA.toSorted((x, y) => x - y));
      await until(() => two.on("b").filter((text) => !text.startsWith("own")).length === 1333, "b");
      const onB = numbers(two.on("b").filter((text) => !text.startsWith("own")));
      expect(onB).toEqual(onB.toSorted((x, y) => x - y));
    });

    test("delivers everything that is published after a join", async () => {
      const [one, two] = await openTwo();
      for (let number = 0; number < 100; number++) {
        await two.bus.join(`t${number}`);
        void one.bus.publish(`t${number}`, "now");
      }
      for (let number = 0; number < 100; number++)
        expect(await two.has(`t${number}`, 1)).toEqual(["now"]);
    });

    test("delivers nothing after a leave, and again after the next join", async () => {
      const [one, two] = await openTwo();
      await two.bus.join("t");
      two.bus.leave("t");
      await one.bus.publish("t", "missed");
      await two.bus.join("t");
      await one.bus.publish("t", "heard");
      // A leave and a join in one turn of the event loop may be no change at all.
      await until(() => two.on("t").at(-1) === "heard", "a message after the next join");
      const given = two.bus.join("u");
      two.bus.leave("u");
      expect(given).rejects.toThrow('Cannot join topic "u": it was left');
      two.bus.leave("t");
      await two.bus.join("t");
      await one.bus.publish("t", "heard again");
      await until(() => two.on("t").at(-1) === "heard again", "the last message");
    });

    test("joins 5,000 topics in one turn", async () => {
      const [one, two] = await openTwo();
      const topics = Array.from({ length: 5000 }, (_, index) => `topic-${index}`);
      await Promise.all(topics.map((topic) => two.bus.join(topic)));
      const sent = await Promise.all(topics.map(async (topic) => one.bus.publish(topic, topic)));
      expect(sent.every(Boolean)).toBe(true);
      await until(() => two.messages.length >= 5000, "a message on each");
      expect(two.messages.every(([topic, text]) => topic === text)).toBe(true);
      for (const topic of topics) two.bus.leave(topic);
    });

    test("takes any text for a topic", async () => {
      const [one, two] = await openTwo();
      await Promise.all(UNUSUAL_TOPICS.map((topic) => two.bus.join(topic)));
      for (const topic of UNUSUAL_TOPICS) await one.bus.publish(topic, topic);
      await until(() => two.messages.length >= UNUSUAL_TOPICS.length, "a message on each");
      for (const topic of UNUSUAL_TOPICS) expect(two.on(topic)).toEqual([topic]);
    });

    test("carries big messages between small ones, in order", async () => {
      const [one, two] = await openTwo();
      await two.bus.join("t");
      const big = "a🎈\r\n".repeat(300_000);
      for (const text of ["small", big, "small again", big.slice(0, 900_000), "end"])
        expect(await one.bus.publish("t", text)).toBe(true);
      const texts = await two.has("t", 5);
      expect(texts.map((text) => text.length)).toEqual([5, 1_500_000, 11, 900_000, 3]);
      expect(texts[1] === big).toBe(true);
    });

    test("keeps prefixes apart", async () => {
      const [ofOne, ofTwo] = [await open("one:"), await open("two:")];
      const [one, two] = [await open("one:"), await open("two:")];
      const neither = await open("one:t");
      for (const node of [one, two, neither]) await node.bus.join("t");
      await ofOne.bus.publish("t", "of one");
      await ofTwo.bus.publish("t", "of two");
      expect(await one.has("t", 1)).toEqual(["of one"]);
      expect(await two.has("t", 1)).toEqual(["of two"]);
      expect(neither.messages).toEqual([]);
    });

    test("probes", async () => {
      const [one] = await openTwo();
      await within(one.bus.probe(), "a probe");
      await within(Promise.all([one.bus.probe(), one.bus.probe()]), "two probes");
      expect(one.messages).toEqual([]);
    });

    test("closes: what is under way is sent, and waiting joins reject", async () => {
      const [one, two] = await openTwo();
      await two.bus.join("t");
      const last = one.bus.publish("t", "last");
      const join = one.bus.join("u");
      await one.bus.close();
      expect(await last).toBe(true);
      await join.catch((error: unknown) =>
        expect(String(error)).toBe('Error: Cannot join topic "u": the bus is closed'),
      );
      expect(await two.has("t", 1)).toEqual(["last"]);
      expect(await one.bus.publish("t", "too late")).toBe(false);
      expect(one.bus.join("v")).rejects.toThrow('Cannot join topic "v": the bus is closed');
      await one.bus.close();
      expect(one.changes).toEqual([]);
    });

    test("survives a restart of the broker", async () => {
      if (broker.processes.length === 0) return;
      const [one, two] = await openTwo();
      const topics = Array.from({ length: 1200 }, (_, index) => `t${index}`);
      await Promise.all(topics.map((topic) => two.bus.join(topic)));
      await Promise.all(broker.processes.map((process) => process.kill()));
      await Promise.all([one.says("lost"), two.says("lost")]);
      expect(await one.bus.publish("t0", "lost")).toBe(false);
      const pending = two.bus.join("meanwhile");
      two.bus.leave("t1");
      await Promise.all(broker.processes.map((process) => process.start()));
      await Promise.all([one.says("regained"), two.says("regained")]);
      expect(await one.bus.publish("t0", "first")).toBe(true);
      await within(pending, "the join that was waiting");
      for (const topic of ["t1", "t1199", "meanwhile"]) await one.bus.publish(topic, "after");
      expect(await two.has("meanwhile", 1)).toEqual(["after"]);
      expect(await two.has("t1199", 1)).toEqual(["after"]);
      expect(two.on("t0")).toEqual(["first"]);
      expect(two.on("t1")).toEqual([]);
      expect([one.changes, two.changes]).toEqual([
        ["lost", "regained"],
        ["lost", "regained"],
      ]);
      await within(one.bus.probe(), "a probe");
    });

    test("connects again when the broker stands still, and never waits longer than a second", async () => {
      if (broker.processes.length === 0) return;
      const [one, two] = await openTwo();
      await two.bus.join("t");
      for (const process of broker.processes) process.stop();
      const startMs = performance.now();
      expect(await one.bus.publish("t", "into the void")).toBe(false);
      expect(performance.now() - startMs).toBeLessThan(SETTLED_MS);
      one.bus.reconnect();
      two.bus.reconnect();
      await Promise.all([one.says("lost"), two.says("lost")]);
      expect(await one.bus.publish("t", "lost")).toBe(false);
      for (const process of broker.processes) process.cont();
      await Promise.all([one.says("regained"), two.says("regained")]);
      expect(await one.bus.publish("t", "back")).toBe(true);
      await until(() => two.on("t").at(-1) === "back", "a message after that");
    });

    test("says why it cannot be opened", async () => {
      if (broker.processes.length === 0) return;
      await Promise.all(broker.processes.map((process) => process.kill()));
      expect(open(prefixOf())).rejects.toThrow(broker.refusal);
      await open(prefixOf()).catch((error: unknown) =>
        expect(String(error)).toBe(`Error: ${broker.refusal}`),
      );
      await Promise.all(broker.processes.map((process) => process.start()));
      const node = await until(() => open(prefixOf()).catch(() => null), "a broker that is back");
      expect(node).not.toBeNull();
    });
  });

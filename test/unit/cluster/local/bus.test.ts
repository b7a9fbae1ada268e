import { statSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { KIND } from "../../../../src/cluster/local/frames.ts";
import { localBus } from "../../../../src/cluster/local/client.ts";
import { enter, later, outcome, type Rig, startRouter, until } from "./rig.ts";

const NOBODY = { message() {}, lost() {}, regained() {}, gone() {} };

describe("the local bus", () => {
  test("brings a message to those who have joined its topic, and to nobody else", async () => {
    const rig = startRouter();
    const [a, b, c, d] = await Promise.all(["a", "b", "c", "d"].map((id) => enter(rig, id)));
    await Promise.all([a?.bus.join("x"), b?.bus.join("x"), c?.bus.join("x"), d?.bus.join("y")]);
    expect(await a?.bus.publish("x", "1")).toBe(true);
    expect(await a?.bus.publish("nobody's", "2")).toBe(true);
    expect(await a?.bus.publish("y", "3")).toBe(true);
    await until(() => d?.heard.length === 1, "the last message");
    await b?.bus.probe();
    await c?.bus.probe();
    expect([a?.heard, b?.heard, c?.heard, d?.heard]).toEqual([[], ["x=1"], ["x=1"], ["y=3"]]);
  });

  test.each([
    ["plain text", "channel", "text"],
    ["nothing", "", ""],
    ["any characters", "kanal é€😀\u0000\n", "tèxt\u0000€😀\r\n\u2028"],
    ["text of many buffers", "t", "a€😀".repeat(300_000)],
    ["a topic as long as names may be", "t".repeat(20_000), "x"],
  ])("carries %s as it is", async (_, topic, text) => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    await b.bus.join(topic);
    expect(await a.bus.publish(topic, text)).toBe(true);
    expect(await a.bus.publish(topic, "after")).toBe(true);
    await until(() => b.heard.length === 2, "both messages");
    expect(b.heard[0] === `${topic}=${text}`).toBe(true);
    expect(b.heard[1] === `${topic}=after`).toBe(true);
  });

  test("keeps the order of a sender, whatever the sizes", async () => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    await b.bus.join("t");
    const sizes = Array.from({ length: 3000 }, (_, index) => (index % 7 === 0 ? 70_000 : index));
    for (const [index, size] of sizes.entries()) {
      expect(await a.bus.publish("t", `${index} ${"x".repeat(size)}`)).toBe(true);
      if (index % 100 === 0) await Bun.sleep(0);
    }
    await until(() => b.heard.length === sizes.length, "all messages");
    expect(b.heard.map((each) => each.length)).toEqual(
      sizes.map((size, index) => `t=${index} `.length + size),
    );
  });

  test("refuses a message that is too large, or a topic that is too long, and lives on", async () => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    await b.bus.join("t");
    expect(await a.bus.publish("t", "x".repeat(33 * 1024 * 1024))).toBe(false);
    expect(await a.bus.publish("t".repeat(70_000), "x")).toBe(false);
    expect(await outcome(b.bus.join("t".repeat(70_000)))).toContain("must be 21845 or fewer");
    expect(await a.bus.publish("t", "x")).toBe(true);
    await until(() => b.heard.length === 1, "the message");
    expect(b.heard).toEqual(["t=x"]);
  });

  test("brings nothing of a topic that was left, and rejects a join that was left", async () => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    await b.bus.join("t");
    b.bus.leave("t");
    const joining = b.bus.join("u");
    b.bus.leave("u");
    expect(await outcome(joining)).toBe('Cannot join topic "u": it was left');
    await b.bus.probe();
    for (const topic of ["t", "u"]) expect(await a.bus.publish(topic, "x")).toBe(true);
    await a.bus.probe();
    await b.bus.probe();
    expect(b.heard).toEqual([]);
    await b.bus.join("t");
    expect(await a.bus.publish("t", "y")).toBe(true);
    await until(() => b.heard.length === 1, "the message");
    expect(rig.router.figures.topics).toBe(1);
  });

  test("lets everything that was sent arrive before a node that closes is gone", async () => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    await b.bus.join("t");
    for (let count = 0; count < 5000; count++)
      expect(await a.bus.publish("t", "x".repeat(1000))).toBe(true);
    await a.bus.close();
    await until(() => b.heard.includes("gone a"), "the end");
    expect(b.heard.length).toBe(5001);
    expect(await a.bus.publish("t", "x")).toBe(false);
    expect(await outcome(a.bus.join("t"))).toBe('Cannot join topic "t": the bus is closed');
  });
});

describe("a node of the local bus whose connection is dropped", () => {
  test("comes back by itself with all its topics, and is not gone", async () => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    const topics = Array.from({ length: 30_000 }, (_, index) => `private-topic-${index}`);
    await Promise.all(topics.map((topic) => b.bus.join(topic)));
    b.bus.leave(topics[0] ?? "");
    b.bus.reconnect();
    expect(await b.bus.publish("t", "x")).toBe(false);
    const joining = b.bus.join("late");
    await joining;
    await until(() => b.heard.includes("regained"), "the return");
    expect(rig.router.figures).toMatchObject({ topics: 30_000, workers: 2 });
    for (const topic of [topics[0], topics[1], topics.at(-1), "late"])
      expect(await a.bus.publish(topic ?? "", "x")).toBe(true);
    await until(() => b.heard.length === 5, "the messages");
    expect(b.heard).toEqual(["lost", "regained", `${topics[1]}=x`, `${topics.at(-1)}=x`, "late=x"]);
    expect(a.heard).toEqual([]);
  });

  test("is gone once its process is known to have ended, and not before", async () => {
    const rig = startRouter();
    const [a, b] = [await enter(rig, "a"), await enter(rig, "b")];
    rig.router.ended(b.token);
    await a.bus.probe();
    expect(a.heard).toEqual([]);
    b.bus.reconnect();
    await until(() => a.heard.length === 1, "the end");
    expect(a.heard).toEqual(["gone b"]);
    expect(rig.router.figures.workers).toBe(1);
  });

  test("is lost when the router has gone, and tries until there is one again", async () => {
    const rig = startRouter();
    const a = await enter(rig, "a");
    rig.router.close();
    await until(() => a.heard.includes("lost"), "the loss");
    expect(await a.bus.publish("t", "x")).toBe(false);
    const pending = a.bus.join("t");
    expect(await Promise.race([pending, Bun.sleep(50).then(() => "pending")])).toBe("pending");
    await a.bus.close();
    expect(await outcome(pending)).toBe('Cannot join topic "t": the bus is closed');
    expect(a.heard).toEqual(["lost"]);
  });
});

test("a process that is killed is gone after everything that it had sent, also when it had much to read", async () => {
  const rig = startRouter();
  const b = await enter(rig, "b");
  await b.bus.join("t");
  const token = rig.router.invite();
  const child = Bun.spawn(
    [process.execPath, `${import.meta.dir}/killed-worker.ts`, rig.path, token],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  void child.exited.then(() => rig.router.ended(token));
  await until(() => b.heard.length > 0, "its first message");
  for (let count = 0; count < 200; count++) void b.bus.publish("own", "x".repeat(1000));
  await until(() => b.heard.includes("gone killed"), "its end");
  expect(b.heard.slice(-2)).toEqual(["t=last", "gone killed"]);
  expect(b.heard).toHaveLength(1002);
});

test("a worker that stalls is cut off when too much waits for it, and comes back when it reads", async () => {
  const rig = startRouter({ maxWaitingBytes: 1_000_000 });
  const a = await enter(rig, "a");
  const token = rig.router.invite();
  const child = Bun.spawn(
    [process.execPath, `${import.meta.dir}/stalled-worker.ts`, rig.path, token],
    {
      stdio: ["ignore", "ignore", "inherit"],
      serialization: "json",
      ipc: (text) => void said.push(text),
    },
  );
  later(() => child.kill());
  const said: string[] = [];
  await until(() => said.includes("joined"), "the worker");
  child.kill("SIGSTOP");
  for (let count = 0; count < 3000; count++) {
    void a.bus.publish("t", "x".repeat(1000));
    if (count % 100 === 0) await a.bus.probe();
  }
  await until(() => rig.router.figures.cutOff === 1, "the cut");
  expect(rig.router.figures).toMatchObject({ topics: 0, workers: 1 });
  child.kill("SIGCONT");
  await until(() => said.includes("regained"), "its return");
  expect(said).toEqual(["joined", "lost", "regained"]);
  expect(await a.bus.publish("t", "again")).toBe(true);
  await until(() => said.includes("again"), "a message");
  expect(a.heard).toEqual([]);
});

describe("nobody else", () => {
  /** What becomes of a connection on which these bytes are sent. */
  async function send({ path }: Rig, bytes: Uint8Array): Promise<string> {
    const ended = Promise.withResolvers<string>();
    let got = "";
    const socket = await Bun.connect({
      unix: path,
      socket: {
        data: (_, chunk) => void (got += chunk.toString("hex")),
        close: () => ended.resolve("closed"),
      },
    });
    socket.write(bytes);
    const late = Bun.sleep(1000).then(() => "open");
    const found = await Promise.race([ended.promise, late]);
    socket.terminate();
    return `${found} ${got}`;
  }

  function frame(kind: number, body: string): Buffer {
    const header = Buffer.alloc(5);
    header.writeUInt32LE(1 + body.length);
    header[4] = kind;
    return Buffer.concat([header, Buffer.from(body, "latin1")]);
  }

  test.each([
    ["a token that is none", () => frame(KIND.hello, `\u0001${"0".repeat(48)} node`)],
    ["no token", () => frame(KIND.publication, "\u0001\u0000tx")],
    ["another version", ({ router }: Rig) => frame(KIND.hello, `\u0002${router.invite()} node`)],
    [
      "a node id that is none",
      ({ router }: Rig) => frame(KIND.hello, `\u0001${router.invite()} n/d`),
    ],
    ["a long frame", () => Buffer.from([0xff, 0xff, 0, 0, 1])],
    ["an empty frame", () => Buffer.from([0, 0, 0, 0])],
  ])("is let in: %s ends the connection", async (_, bytes) => {
    const rig = startRouter();
    expect(await send(rig, bytes(rig))).toBe("closed ");
    expect(rig.router.figures).toMatchObject({ workers: 0, publications: 0 });
  });

  test.each([
    ["a kind that is none", () => frame(99, "")],
    ["a topic that ends behind the frame", () => frame(KIND.publication, "\u0009\u0000t")],
    ["a publication without a topic", () => frame(KIND.publication, "")],
    [
      "a topic to join that ends behind the frame",
      () => frame(KIND.interest, "1234\u0001\u0009\u0000t"),
    ],
    ["a join without a number", () => frame(KIND.interest, "1")],
    ["a frame that is too large", () => Buffer.from([0xff, 0xff, 0xff, 0xff, 1])],
  ])("may send what is malformed: %s ends the connection", async (_, bytes) => {
    const rig = startRouter();
    const hello = frame(KIND.hello, `\u0001${rig.router.invite()} node`);
    expect(await send(rig, Buffer.concat([hello, bytes()]))).toStartWith("closed");
    expect(rig.router.figures.workers).toBe(0);
  });

  test("is told of a router that is not there", async () => {
    const open = localBus({ path: "/nowhere/bus", token: "0" })({ nodeId: "a", ...NOBODY });
    expect(await outcome(open)).toStartWith('Cannot open bus "local": ');
  });

  test("is told of a router that does not let it in", async () => {
    const { path } = startRouter();
    const open = localBus({ path, token: "0" })({ nodeId: "a", ...NOBODY });
    expect(await outcome(open)).toBe(
      'Cannot open bus "local": the router has closed the connection',
    );
    expect(statSync(path).isSocket()).toBe(true);
  });
});

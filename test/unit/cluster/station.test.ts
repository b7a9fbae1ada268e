// Stations on a bus within this process: who joins whom, what a cut loses, and what is repaired.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FOLLOW } from "../../../src/cluster/census/part.ts";
import { Station } from "../../../src/cluster/station.ts";
import { ProcessBus } from "../../doubles/bus.ts";

interface Node {
  readonly station: Station;
  /** What has come, by topic and body. */
  readonly arrived: string[];
  readonly members: Map<string, string | null>;
  readonly elsewhere: Set<string>;
  readonly commands: unknown[];
}

let bus: ProcessBus;
let nodes: Node[];

beforeEach(() => {
  bus = new ProcessBus();
  nodes = [];
});

afterEach(() => Promise.all(nodes.map(({ station }) => station.close())));

/** A node that serves these apps; not yet on the bus. */
function makeNode(nodeId: string, apps: readonly number[] = []): Node {
  const arrived: string[] = [];
  const members = new Map<string, string | null>();
  const elsewhere = new Set<string>();
  const commands: unknown[] = [];
  const station = new Station(
    {
      nodeId,
      prefix: "p:",
      gatherMs: 100,
      region: "",
      regionGraceMs: 1000,
      apps,
      nowMs: () => performance.now(),
      askDirectly: async () => "unknown",
    },
    {
      part: () => ({ count: members.size, members }),
      member: (_key, userId) => members.get(userId),
      keys: () => (members.size > 0 ? ["room"] : []),
      changed: (_key, { added, removed }) => {
        for (const [userId] of added) elsewhere.add(userId);
        for (const userId of removed) elsewhere.delete(userId);
      },
      ready: () => {},
      edge: () => {},
      carried: () => {},
      reowned: () => {},
      arrived: (key, body) => void arrived.push(`${key} ${String(body)}`),
      commanded: (body) => void commands.push(body),
      question: (body) => (body === "who" ? [nodeId, "again"] : null),
      connection: () => {},
    },
  );
  const node = { station, arrived, members, elsewhere, commands };
  nodes.push(node);
  return node;
}

async function startNode(nodeId: string, apps?: readonly number[]): Promise<Node> {
  const node = makeNode(nodeId, apps);
  await node.station.open(bus.open);
  return node;
}

function join({ station, members }: Node, userId: string): void {
  station.census.follow("room", FOLLOW.members);
  members.set(userId, null);
  station.census.change("room", userId);
  station.flushNow();
}

describe("stations", () => {
  test("know one another's members", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    join(a, "ada");
    join(b, "bob");
    expect([[...a.elsewhere], [...b.elsewhere]]).toEqual([["bob"], ["ada"]]);
    const c = await startNode("c");
    join(c, "eve");
    expect([...c.elsewhere].toSorted()).toEqual(["ada", "bob"]);
  });

  test("get what is published on topics that they have joined", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    await b.station.join("c:1:news");
    for (const body of [1, 2, 3]) await a.station.publish("c:1:news", body);
    await a.station.publish("c:1:other", 4);
    expect(b.arrived).toEqual(["c:1:news 1", "c:1:news 2", "c:1:news 3"]);
  });

  test("get what was published while they were cut off, in order and once", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    await b.station.join("news");
    a.station.tick();
    await a.station.publish("news", 1);
    bus.cut("b");
    expect(b.station.isConnected).toBe(false);
    for (const body of [2, 3]) await a.station.publish("news", body);
    bus.mend("b");
    await a.station.publish("news", 4);
    expect(b.arrived).toEqual(["news 1", "news 2", "news 3", "news 4"]);
  });

  test("send what they published while they were cut off themselves", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    await b.station.join("news");
    bus.cut("a");
    expect(a.station.publish("news", 1)).toBe(false);
    bus.mend("a");
    a.station.tick();
    expect(b.arrived).toEqual(["news 1"]);
  });

  test("do not get what was published before they joined the topic", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    a.station.tick();
    bus.cut("b");
    await a.station.publish("news", 1);
    bus.mend("b");
    await Bun.sleep(5);
    await b.station.join("news");
    await a.station.publish("news", 2);
    expect(b.arrived).toEqual(["news 2"]);
  });

  test("answer questions in parts, and do what all are told", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    expect(await a.station.ask("b", "who", 500)).toEqual(["b", "again"]);
    expect(a.station.ask("b", "what", 50)).rejects.toThrow(
      'Cannot ask node "b": no answer within 50 ms',
    );
    await a.station.command("stop");
    expect(b.commands).toEqual(["stop"]);
  });

  test("refuse to join nodes that serve other apps", async () => {
    await startNode("a", [1, 2]);
    await startNode("b", [2, 3]);
    expect(startNode("c", [4])).rejects.toThrow(
      'Cannot join the nodes with prefix "p:": they serve other apps, so this one must have another prefix',
    );
  });

  test("forget the members of a node that says goodbye", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    join(a, "ada");
    join(b, "bob");
    await b.station.close();
    expect([...a.elsewhere]).toEqual([]);
  });

  test("count what they do not understand", async () => {
    const a = await startNode("a");
    const before = a.station.counts.unknown;
    const stranger = await bus.open({
      nodeId: "stranger",
      message: () => {},
      lost: () => {},
      regained: () => {},
      gone: () => {},
    });
    for (const text of ["", "{", "[2]", '[1,"x",1,"beat",{}]', '[1,"x",1,"link",1,1,[["part"]]]'])
      void stranger.publish("all", text);
    expect(a.station.counts.unknown - before).toBe(5);
    await stranger.close();
  });
});

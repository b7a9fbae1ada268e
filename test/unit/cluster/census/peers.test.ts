// Who is there: silence, answers, regions, ends and returns.
import { expect, test } from "bun:test";
import { isNodeFacts, type NodeFacts, Peers } from "../../../../src/cluster/census/peers.ts";

const TIMES = { silentMs: 3000, deathMs: 6000, regionGraceMs: 60_000 };

function factsOf(id: string, more: Partial<NodeFacts> = {}): NodeFacts {
  const facts = {
    id,
    incarnation: 1,
    region: "",
    address: "here",
    isLeaving: false,
    isYoung: false,
  };
  return { ...facts, ...more };
}

/** Peers that have heard some nodes at the time 0, and what they told. */
function rig(...facts: readonly NodeFacts[]): { peers: Peers; asked: string[]; dead: string[] } {
  const [asked, dead]: [string[], string[]] = [[], []];
  const peers = new Peers("", TIMES, {
    ask: ({ id }) => asked.push(id),
    dead: ({ id }) => dead.push(id),
  });
  for (const each of facts) peers.heard(each, 0);
  return { peers, asked, dead };
}

function tickUntil(peers: Peers, untilMs: number, fromMs = 1000): void {
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 1000) peers.tick(nowMs);
}

test("a silent node is asked once a second, and is dead when nobody answers", () => {
  const { peers, asked, dead } = rig(factsOf("a"));
  tickUntil(peers, 5000);
  expect([asked, dead]).toEqual([["a", "a", "a"], []]);
  expect(peers.tick(6000)).toBe(true);
  expect(dead).toEqual(["a"]);
});

test("a node that answers is unreachable, and stays so while it answers", () => {
  const { peers, dead } = rig(factsOf("a"));
  tickUntil(peers, 3000);
  expect(peers.answered(factsOf("a"), "alive", 3000)).toBe(true);
  for (let nowMs = 4000; nowMs < 30_000; nowMs += 1000) {
    peers.tick(nowMs);
    peers.answered(factsOf("a"), "alive", nowMs);
  }
  expect([...peers.unreachable()].map(({ id }) => id)).toEqual(["a"]);
  expect([...peers.alive()]).toEqual([]);
  tickUntil(peers, 40_000, 30_000);
  expect(dead).toEqual(["a"]);
});

test("a node whose machine says that nobody is there is dead at once", () => {
  const { peers, dead } = rig(factsOf("a"));
  tickUntil(peers, 3000);
  peers.answered(factsOf("a"), "dead", 3100);
  expect(dead).toEqual(["a"]);
});

test("an answer about a node that is heard again, or about another life, changes nothing", () => {
  const { peers, dead } = rig(factsOf("a"));
  peers.heard(factsOf("a"), 3000);
  expect(peers.answered(factsOf("a"), "dead", 3100)).toBe(false);
  expect(peers.answered(factsOf("a", { incarnation: 2 }), "dead", 9000)).toBe(false);
  expect(dead).toEqual([]);
});

test("another node's verdict counts only if the node is silent here too", () => {
  const { peers, dead } = rig(factsOf("a"), factsOf("b"));
  expect(peers.judged("a", "dead", 1000)).toBe(false);
  expect(peers.judged("a", "unreachable", 2000)).toBe(true);
  expect(peers.judged("a", "dead", 3000)).toBe(false);
  expect(peers.judged("b", "dead", 3000)).toBe(true);
  expect(dead).toEqual(["b"]);
});

test("who is cut off judges nobody, and gives everybody the whole time after that", () => {
  const { peers, dead } = rig(factsOf("a"));
  peers.cutOff();
  tickUntil(peers, 20_000);
  expect(peers.judged("a", "dead", 20_000)).toBe(false);
  peers.forgive(20_000);
  expect(peers.isCutOff).toBe(true);
  peers.reconnect();
  tickUntil(peers, 25_000, 20_000);
  expect(dead).toEqual([]);
  peers.tick(26_000);
  expect(dead).toEqual(["a"]);
});

test("a region whose nodes are all silent keeps them for the time of grace", () => {
  const east = { region: "east" };
  const { peers, dead } = rig(factsOf("a", east), factsOf("b", east));
  tickUntil(peers, 59_000);
  expect([...peers.unreachable()].map(({ id }) => id)).toEqual(["a", "b"]);
  peers.tick(60_000);
  expect(dead).toEqual(["a", "b"]);
});

test("a node dies although its region has grace while another one there is heard", () => {
  const east = { region: "east" };
  const { peers, dead } = rig(factsOf("a", east), factsOf("b", east));
  for (let nowMs = 1000; nowMs <= 6000; nowMs += 1000) {
    peers.heard(factsOf("b", east), nowMs);
    peers.tick(nowMs);
  }
  expect(dead).toEqual(["a"]);
});

test("who has ended is not heard, unless it has begun another life", () => {
  const { peers } = rig(factsOf("a"));
  peers.end("a");
  expect(peers.isMissing("a")).toBe(true);
  expect(peers.heard(factsOf("a"), 1000)).toBe("ended");
  expect(peers.heard(factsOf("a", { incarnation: 2 }), 1000)).toBe("new");
  expect(peers.heard(factsOf("a", { incarnation: 3 }), 1000)).toBe("reborn");
  expect(peers.heard(factsOf("a", { incarnation: 2 }), 1000)).toBe("ended");
});

test("a node of which others say that it lives is unreachable until it is heard", () => {
  const { peers } = rig();
  peers.miss(factsOf("a"), 0);
  expect(peers.isMissing("a")).toBe(true);
  expect(peers.heard(factsOf("a"), 1000)).toBe("back");
  peers.end("b");
  peers.miss(factsOf("a"), 2000);
  expect(peers.isMissing("a")).toBe(false);
});

test.each([
  null,
  "n1",
  {},
  { ...factsOf("a"), id: 1 },
  { ...factsOf("a"), incarnation: 1.5 },
  { ...factsOf("a"), isYoung: "no" },
  { ...factsOf("a"), address: "a".repeat(257) },
])("%j is not what a node says about itself", (value) => {
  expect(isNodeFacts(value)).toBe(false);
});

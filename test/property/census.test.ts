// The census of many nodes under random operations and faults: when all is quiet, every view is right, and what
// each node was told adds up to it. A user who stays is never announced as gone.
import { expect, test } from "bun:test";
import { SimulatedNetwork, type SimulatedNode } from "./census/network.ts";

const NIGHTLY = process.env["FANWIRE_NIGHTLY"] === "1";
const RUNS = Number(process.env["FANWIRE_RUNS"] ?? (NIGHTLY ? 10_000 : 300));
const SEED = process.env["FANWIRE_SEED"];
const KEYS = Array.from({ length: 12 }, (_, index) => `key ${index}`);
const USERS = Array.from({ length: 8 }, (_, index) => `user ${index}`);

/** What may go wrong. */
interface Faults {
  readonly loss: boolean;
  readonly cuts: boolean;
  readonly ends: boolean;
}

const NO_FAULTS: Faults = { loss: false, cuts: false, ends: false };

test("without faults every view is right, and edges are told once", () => {
  property((seed) => {
    const network = simulate(seed, NO_FAULTS);
    checkViews(network);
    checkEdges(network);
  });
});

test("with nodes that come and leave in order, edges are told once", () => {
  property((seed) => {
    const network = simulate(seed, NO_FAULTS, true);
    checkViews(network);
    checkEdges(network);
  });
});

test("with lost messages every view becomes right", () => {
  property((seed) => checkViews(simulate(seed, { ...NO_FAULTS, loss: true })));
});

test("with nodes that are cut off nobody who stayed is announced as gone", () => {
  property((seed) => checkViews(simulate(seed, { ...NO_FAULTS, cuts: true })));
});

test("with every fault every view becomes right", () => {
  property((seed) => checkViews(simulate(seed, { loss: true, cuts: true, ends: true })));
});

/** The seed of a failing run is in the error: `FANWIRE_SEED=N FANWIRE_RUNS=1` repeats it. */
function property(check: (seed: number) => void): void {
  const first = SEED === undefined ? (NIGHTLY ? Date.now() : 1) : Number(SEED);
  for (let seed = first; seed < first + RUNS; seed++) {
    try {
      check(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
}

function simulate(seed: number, faults: Faults, restarts = false): SimulatedNetwork {
  const network = new SimulatedNetwork(randomOf(seed));
  const { random } = network;
  for (let count = 2 + random(3); count > 0; count--) network.start();
  network.lossPercent = faults.loss ? random(4) : 0;
  for (let step = 0; step < 60; step++) {
    const [node] = pick(network, 1);
    if (node !== undefined) change(network, node);
    if (random(4) === 0) network.pass(random(3000));
    if (restarts && random(15) === 0) restart(network);
    if (random(12) === 0) disturb(network, faults);
  }
  heal(network);
  return network;
}

/** Members join and leave. */
function change(network: SimulatedNetwork, node: SimulatedNode): void {
  const { random } = network;
  const key = KEYS[random(KEYS.length)] ?? "";
  const user = USERS[random(USERS.length)] ?? "";
  const place = node.open(key);
  if (place.members.delete(user)) {
    node.census.change(key, user);
    if (place.members.size === 0 && place.extra === 0) node.close(key);
  } else {
    place.members.set(user, node.isCutOff ? Infinity : network.nowMs);
    node.census.change(key, user);
  }
  if (random(3) > 0) node.census.flush();
  for (let count = random(20); count > 0; count--) network.deliver();
}

function disturb(network: SimulatedNetwork, { cuts, ends }: Faults): void {
  const { random } = network;
  const [node] = pick(network, 1);
  if (node === undefined) return;
  if (cuts && random(2) === 0) {
    if (node.isCutOff) reconnect(network, node);
    else {
      cut(network, node);
      node.census.lost();
    }
    network.pass(random(20_000));
  }
  if (!ends) return;
  switch (random(4)) {
    case 0:
      if (network.running.length > 1) node.state = "dead";
      return;
    case 1:
      network.start();
      return;
    case 2: {
      node.state = "paused";
      network.pass(random(20_000));
      node.state = "running";
      node.pausedMs = network.nowMs;
      // The others may have taken it for dead, and cannot hear that it lives.
      if (node.isCutOff) hide(node, -Infinity);
      return;
    }
    default:
      network.pass(random(10_000));
  }
}

/** One node drains and ends, and another one starts. */
function restart(network: SimulatedNetwork): void {
  const [node] = pick(network, 1);
  network.start();
  network.pass(2000);
  if (node === undefined || network.running.length < 2) return;
  node.census.leave(node.nowMs);
  network.pass(1000);
  for (const [key, { members }] of node.places) {
    for (const user of members.keys()) {
      members.delete(user);
      node.census.change(key, user);
    }
    node.close(key);
  }
  node.census.flush();
  network.pass(2000);
  network.deliverAll();
  node.state = "dead";
  for (const other of network.running) other.census.end(node.name, other.nowMs);
}

/** Others may not have heard yet of who came just now. */
function cut(network: SimulatedNetwork, node: SimulatedNode): void {
  node.isCutOff = true;
  node.cutMs = network.nowMs;
  hide(node, network.nowMs - 3000);
}

/** Others cannot know of members who came after that time until the node is heard again. */
function hide(node: SimulatedNode, afterMs: number): void {
  for (const { members } of node.places.values())
    for (const [user, sinceMs] of members) if (sinceMs > afterMs) members.set(user, Infinity);
}

function reconnect(network: SimulatedNetwork, node: SimulatedNode): void {
  node.isCutOff = false;
  for (const { members } of node.places.values())
    for (const [user, sinceMs] of members)
      if (sinceMs === Infinity) members.set(user, network.nowMs);
  node.census.regained(node.nowMs);
}

function heal(network: SimulatedNetwork): void {
  network.lossPercent = 0;
  for (const node of network.running) if (node.isCutOff) reconnect(network, node);
  network.pass(15_000);
  network.deliverAll();
  network.pass(5000);
  network.deliverAll();
}

function checkViews(network: SimulatedNetwork): void {
  for (const node of network.running) {
    expect(node.census.isSettled).toBe(true);
    for (const [key, place] of node.places) {
      const others = network.running.filter((other) => other !== node);
      const truth = others.flatMap((other) => [...(other.places.get(key)?.members.keys() ?? [])]);
      expect([node.name, key, place.isReady, ...[...place.elsewhere].toSorted()]).toEqual([
        node.name,
        key,
        true,
        ...[...new Set(truth)].toSorted(),
      ]);
    }
  }
  for (const key of KEYS) {
    const places = network.running.flatMap((node) => node.places.get(key) ?? []);
    const users = new Set(places.flatMap(({ members }) => [...members.keys()]));
    for (const node of network.running)
      if (node.census.ownerOf(key) === node.name) {
        const figures = node.census.figures(key);
        expect([key, figures.isComplete, figures.userIds.toSorted()]).toEqual([
          key,
          true,
          [...users].toSorted(),
        ]);
      }
  }
}

/** Edges of one member or key alternate, and the last says how it is. */
function checkEdges(network: SimulatedNetwork): void {
  const told = new Map<string, boolean>();
  for (const { key, edge } of network.edges) {
    if (edge.kind === "count") continue;
    const what = "userId" in edge ? `${key} ${edge.userId}` : key;
    const isThere = edge.kind === "added" || edge.kind === "occupied";
    if ((told.get(what) ?? false) === isThere) throw new Error(`${what} ${edge.kind} twice`);
    told.set(what, isThere);
  }
  for (const key of KEYS) {
    const places = network.running.flatMap((node) => node.places.get(key) ?? []);
    expect([key, told.get(key) ?? false]).toEqual([key, places.length > 0]);
    for (const user of USERS)
      expect([key, user, told.get(`${key} ${user}`) ?? false]).toEqual([
        key,
        user,
        places.some(({ members }) => members.has(user)),
      ]);
  }
}

function pick(network: SimulatedNetwork, count: number): readonly SimulatedNode[] {
  const { running, random } = network;
  return Array.from({ length: count }, () => running[random(running.length)]).filter(
    (node) => node !== undefined,
  );
}

/** Mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

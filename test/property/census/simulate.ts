// What happens to the nodes of a simulated network.
import { FOLLOW } from "../../../src/cluster/census/part.ts";
import { followOf, SimulatedNetwork, type SimulatedNode } from "./network.ts";

const PRESENCE_KEYS = Array.from({ length: 10 }, (_, index) => `key ${index}`);
export const KEYS: readonly string[] = [
  ...PRESENCE_KEYS,
  "plain 0",
  "plain 1",
  "plain 2",
  "count 0",
  "count 1",
];
export const USERS: readonly string[] = Array.from({ length: 8 }, (_, index) => `user ${index}`);

const FEW_KEYS: readonly string[] = ["key 0", "key 1", "key 2", "plain 0", "count 0"];

/** What changes are about. */
interface Choice {
  readonly keys: readonly string[];
  readonly users: readonly string[];
}

/** What may go wrong. */
export interface Faults {
  readonly loss: boolean;
  readonly cuts: boolean;
  readonly ends: boolean;
}

export const NO_FAULTS: Faults = { loss: false, cuts: false, ends: false };

/** Lets random things happen to some nodes, and waits until all is quiet. */
export function simulate(seed: number, faults: Faults, restarts = false): SimulatedNetwork {
  const network = new SimulatedNetwork(randomOf(seed), KEYS);
  const { random } = network;
  for (let count = 2 + random(3); count > 0;) {
    const together = 1 + random(2);
    network.start(together);
    count -= together;
  }
  network.lossPercent = faults.loss ? random(4) : 0;
  // With few keys and users, the same user is often on several nodes.
  const choice =
    random(2) === 0 ? { keys: KEYS, users: USERS } : { keys: FEW_KEYS, users: USERS.slice(0, 3) };
  for (let step = 0; step < 60; step++) {
    const [node] = pick(network, 1);
    if (node !== undefined) change(network, node, choice);
    if (random(4) === 0) network.pass(random(3000));
    if (restarts && random(15) === 0) restart(network);
    if (random(12) === 0) disturb(network, faults);
  }
  heal(network);
  return network;
}

/** Members and subscribers come and go. */
function change(network: SimulatedNetwork, node: SimulatedNode, choice: Choice): void {
  const { random } = network;
  const { keys, users } = choice;
  const key = keys[random(keys.length)] ?? "";
  if (random(10) === 0) node.carry(key);
  if (followOf(key) === FOLLOW.members)
    changeMember(network, node, key, users[random(users.length)] ?? "");
  else changeCount(network, node, key);
  if (random(3) > 0) node.census.flush();
  for (let count = random(20); count > 0; count--) network.deliver();
}

function changeCount({ random }: SimulatedNetwork, node: SimulatedNode, key: string): void {
  const place = node.open(key);
  place.extra += place.extra === 0 || random(2) === 0 ? 1 : -1;
  if (place.extra === 0) node.close(key);
  else node.census.change(key);
}

function changeMember(
  network: SimulatedNetwork,
  node: SimulatedNode,
  key: string,
  user: string,
): void {
  const place = node.open(key);
  if (place.members.delete(user)) {
    node.census.change(key, user);
    if (place.members.size === 0 && place.extra === 0) node.close(key);
  } else {
    place.members.set(user, node.isCutOff || node.isMute ? Infinity : network.nowMs);
    node.census.change(key, user);
  }
}

function disturb(network: SimulatedNetwork, { cuts, ends }: Faults): void {
  const { random } = network;
  const [node] = pick(network, 1);
  if (node === undefined) return;
  if (cuts && random(2) === 0) {
    if (node.isCutOff) network.reconnect(node);
    else network.cut(node);
    network.pass(random(20_000));
  }
  if (!ends) return;
  switch (random(5)) {
    case 0:
      if (network.running.length > 1) network.kill(node);
      return;
    case 1:
      return network.start(1 + random(2));
    case 3:
      return network.mute(node, random(20_000));
    case 2:
      return network.pause(node, random(20_000));
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
  for (const [key, place] of node.places) {
    const { members } = place;
    place.extra = 0;
    for (const user of members.keys()) {
      members.delete(user);
      node.census.change(key, user);
    }
    node.close(key);
  }
  node.census.flush();
  network.pass(2000);
  network.deliverAll();
  network.kill(node);
  for (const other of network.running) other.census.end(node.name, other.nowMs);
}

/** All faults end, and time passes. */
export function heal(network: SimulatedNetwork): void {
  network.lossPercent = 0;
  for (const node of network.running) if (node.isCutOff) network.reconnect(node);
  network.pass(15_000);
  network.deliverAll();
  network.pass(5000);
  network.deliverAll();
}

function pick(network: SimulatedNetwork, count: number): readonly SimulatedNode[] {
  const { running, random } = network;
  return Array.from({ length: count }, () => running[random(running.length)]).filter(
    (node) => node !== undefined,
  );
}

/** Mulberry32. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

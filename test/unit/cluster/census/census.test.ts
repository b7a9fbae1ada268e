// Whole censuses, in situations that chance seldom makes.
import { expect, test } from "bun:test";
import { KEYS } from "../../../property/census/simulate.ts";
import { SimulatedNetwork, type SimulatedNode } from "../../../property/census/network.ts";

/** Nodes that have started one after the other, with a message order that is always the same. */
function networkOf(count: number): { network: SimulatedNetwork; nodes: readonly SimulatedNode[] } {
  const network = new SimulatedNetwork(() => 0, KEYS);
  for (let started = 0; started < count; started++) network.start();
  return { network, nodes: network.nodes };
}

function join(node: SimulatedNode, key: string, user: string): void {
  node.open(key).members.set(user, 0);
  node.census.change(key, user);
}

test("a part that is given up just before a node comes is not there again when the node has gone", () => {
  const { network, nodes } = networkOf(1);
  const [first] = nodes;
  if (first === undefined) throw new Error("a node must have started");
  for (const key of KEYS) join(first, key, "ann");
  first.census.flush();
  for (const key of KEYS) {
    first.places.get(key)?.members.clear();
    first.census.change(key, "ann");
    first.close(key);
  }
  network.start();
  const [, second] = nodes;
  if (second === undefined) throw new Error("a second node must have started");
  second.census.leave(second.nowMs);
  network.deliverAll();
  network.kill(second);
  first.census.end(second.name, first.nowMs);
  for (const key of KEYS)
    expect([key, first.census.figures(key)]).toEqual([
      key,
      { count: 0, userIds: [], isComplete: true },
    ]);
});

test("the owner of a key changes while a value is on its way: it arrives once", () => {
  const { network, nodes } = networkOf(2);
  for (const node of nodes) for (const key of KEYS) node.carry(key);
  network.start();
  for (const node of nodes) node.census.flush();
  network.deliverAll();
  expect([...network.carried]).toEqual([]);
});

test("a value that waits when the receiver asks for a new stream still arrives", () => {
  const { network, nodes } = networkOf(2);
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error("two nodes must have started");
  for (const key of KEYS) first.carry(key);
  expect(network.carried.size).toBeGreaterThan(0);
  first.census.anew(second.name);
  network.deliverAll();
  expect([...network.carried]).toEqual([]);
});

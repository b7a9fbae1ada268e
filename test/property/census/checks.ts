// What must be true of a simulated network when all is quiet.
import { expect } from "bun:test";
import { FOLLOW } from "../../../src/cluster/census/part.ts";
import { followOf, type Place, type SimulatedNetwork } from "./network.ts";
import { KEYS, USERS } from "./simulate.ts";

/** What every node sees, and what the owners know, is so. */
export function checkViews(network: SimulatedNetwork): void {
  for (const node of network.running) {
    expect(node.census.isSettled).toBe(true);
    for (const [key, place] of node.places) {
      if (followOf(key) === FOLLOW.nothing) continue;
      const others = network.running.filter((other) => other !== node);
      const truth = others.flatMap((other) => [...(other.places.get(key)?.members.keys() ?? [])]);
      expect([node.name, key, place.isReady, ...[...place.elsewhere].toSorted()]).toEqual([
        node.name,
        key,
        true,
        ...[...new Set(truth)].toSorted(),
      ]);
      expect([node.name, key, place.countElsewhere]).toEqual([
        node.name,
        key,
        countOf(others.flatMap((other) => other.places.get(key) ?? [])),
      ]);
    }
  }
  for (const key of KEYS) {
    const places = network.running.flatMap((node) => node.places.get(key) ?? []);
    const users = new Set(places.flatMap(({ members }) => [...members.keys()]));
    for (const node of network.running)
      if (node.census.ownerOf(key) === node.name) {
        const figures = node.census.figures(key);
        expect([key, figures.isComplete, figures.count, figures.userIds.toSorted()]).toEqual([
          key,
          true,
          countOf(places),
          [...users].toSorted(),
        ]);
      }
  }
}

function countOf(places: readonly Place[]): number {
  return places.reduce((sum, { members, extra }) => sum + members.size + extra, 0);
}

/** Nothing that was sent to an owner is still on its way. */
export function checkCarried({ carried }: SimulatedNetwork): void {
  expect([...carried]).toEqual([]);
}

/** Edges of one member or key alternate, and the last says how it is. */
export function checkEdges(network: SimulatedNetwork): void {
  const told = new Map<string, boolean>();
  const counts = new Map<string, number>();
  for (const { key, edge } of network.edges) {
    if (edge.kind === "count") {
      counts.set(key, edge.count);
      continue;
    }
    const what = "userId" in edge ? `${key} ${edge.userId}` : key;
    const isThere = edge.kind === "added" || edge.kind === "occupied";
    if ((told.get(what) ?? false) === isThere) throw new Error(`${what} ${edge.kind} twice`);
    told.set(what, isThere);
  }
  for (const key of KEYS) {
    const places = network.running.flatMap((node) => node.places.get(key) ?? []);
    expect([key, told.get(key) ?? false]).toEqual([key, places.length > 0]);
    if (places.length > 0) expect([key, counts.get(key)]).toEqual([key, countOf(places)]);
    for (const user of USERS)
      expect([key, user, told.get(`${key} ${user}`) ?? false]).toEqual([
        key,
        user,
        places.some(({ members }) => members.has(user)),
      ]);
  }
}

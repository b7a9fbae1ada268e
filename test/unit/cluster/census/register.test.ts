// The register of an owner: views of followers, edges, orphans, handing over.
import { expect, test } from "bun:test";
import type { Status } from "../../../../src/cluster/census/entry.ts";
import {
  type Edge,
  FOLLOW,
  type Follow,
  type MemberEntry,
} from "../../../../src/cluster/census/part.ts";
import { Register } from "../../../../src/cluster/census/register.ts";

const KEY = "key";

/** A register of which the test says what it owns and knows, with everything that it tells. */
class Rig {
  status: Status = "known";
  isOwner = true;
  readonly told: string[] = [];
  readonly register: Register = new Register(
    {
      changed: (follower, _, { count, added, removed }) =>
        this.told.push(`${follower} ${count} +${idsOf(added)} -${removed.join()}`),
      viewed: (follower, _, { count, members, isComplete }) =>
        this.told.push(`${follower} ${count} =${idsOf(members)}${isComplete ? "" : " perhaps"}`),
      edge: (_, edge) => this.told.push(textOf(edge)),
    },
    () => this.isOwner,
    () => this.status,
  );

  /** A node's part changes. */
  change(node: string, count: number, added: readonly string[] = [], removed: string[] = []): void {
    const follow: Follow = count > 0 ? FOLLOW.members : FOLLOW.nothing;
    this.register.change(node, KEY, { count, follow, added: membersOf(added), removed });
  }

  /** A node sends its whole part, and what it sees elsewhere. */
  set(node: string, users: readonly string[], seen: readonly string[] = [], wasTold = true): void {
    this.register.set(node, KEY, {
      count: users.length,
      follow: FOLLOW.members,
      members: membersOf(users),
      seen: membersOf(seen),
      wasTold,
    });
  }

  /** What was told since the last call, without counts of the whole cluster. */
  take(): readonly string[] {
    this.register.flush();
    return this.told.splice(0).filter((text) => !text.startsWith("count"));
  }
}

function membersOf(users: readonly string[]): readonly MemberEntry[] {
  return users.map((user) => [user, null]);
}

function idsOf(members: readonly MemberEntry[]): string {
  return members.map(([id]) => id).join();
}

function textOf(edge: Edge): string {
  if (edge.kind === "count") return `count ${edge.count}`;
  return "userId" in edge ? `${edge.kind} ${edge.userId}` : edge.kind;
}

test("the first part occupies the key, the last one vacates it", () => {
  const rig = new Rig();
  rig.register.change("n1", KEY, { count: 1, follow: FOLLOW.nothing, added: [], removed: [] });
  rig.register.change("n2", KEY, { count: 2, follow: FOLLOW.nothing, added: [], removed: [] });
  expect(rig.take()).toEqual(["occupied"]);
  expect(rig.register.figures(KEY)).toEqual({ count: 3, userIds: [], isComplete: true });
  rig.register.drop("n1");
  expect(rig.take()).toEqual([]);
  rig.register.drop("n2");
  expect(rig.take()).toEqual(["vacated"]);
  expect(rig.register.size).toBe(0);
});

test("a follower hears of members elsewhere, not of its own", () => {
  const rig = new Rig();
  rig.change("n1", 1, ["ann"]);
  expect(rig.take()).toEqual(["occupied", "added ann", "n1 0 ="]);
  rig.change("n2", 1, ["bob"]);
  expect(rig.take()).toEqual(["n1 1 +bob -", "added bob", "n2 1 =ann"]);
  rig.change("n2", 2, ["ann"]);
  // For n2 nothing changes, and n1 learns that its own user is elsewhere too.
  expect(rig.take()).toEqual(["n1 2 +ann -"]);
  rig.change("n1", 0, [], ["ann"]);
  expect(rig.take()).toEqual(["n2 0 + -ann"]);
});

test("a follower of the count hears of it once a flush", () => {
  const rig = new Rig();
  const part = { follow: FOLLOW.count, added: [], removed: [] };
  rig.register.change("n1", KEY, { ...part, count: 1 });
  rig.take();
  for (const count of [1, 2, 3]) rig.register.change("n2", KEY, { ...part, count });
  expect(rig.take()).toEqual(["n2 1 =", "n1 3 + -"]);
});

test("a fresh entry tells nothing until all parts are here", () => {
  const rig = new Rig();
  rig.status = "fresh";
  rig.set("n1", ["ann"], [], false);
  rig.set("n2", ["bob"], [], false);
  expect(rig.take()).toEqual([]);
  rig.register.settle(true);
  expect(rig.take()).toEqual(["added ann", "added bob", "occupied", "n1 1 =bob", "n2 1 =ann"]);
});

test("who is seen by a follower stays, and goes if no part has him when all are here", () => {
  const rig = new Rig();
  rig.status = "fresh";
  rig.set("n1", ["ann"], ["bob", "eve"]);
  rig.register.settle(false);
  expect(rig.take()).toEqual(["n1 0 =bob,eve perhaps"]);
  rig.set("n2", ["bob"], ["ann"]);
  rig.take();
  rig.register.settle(true);
  // All three were told as added by the former owner, which is no more.
  expect(rig.take()).toEqual(["removed eve", "n1 1 =bob", "n2 1 =ann"]);
});

test("a partial entry announces who leaves only if he is nowhere", () => {
  const rig = new Rig();
  rig.status = "partial";
  rig.set("n1", ["ann"], ["bob"], false);
  rig.set("n2", ["bob"], [], false);
  rig.take();
  rig.change("n2", 0, [], ["bob"]);
  // Another node, which cannot be reached, may have the user: only the count changes.
  expect(rig.take()).toEqual(["n1 0 + -"]);
});

test("a part that has moved is neither here nor gone", () => {
  const rig = new Rig();
  rig.change("n1", 1, ["ann"]);
  rig.change("n2", 1, ["bob"]);
  rig.take();
  rig.register.moved("n2", KEY);
  expect(rig.take()).toEqual([]);
  expect(rig.register.figures(KEY)).toEqual({
    count: 1,
    userIds: ["ann", "bob"],
    isComplete: false,
  });
});

test("what was told is handed over, and the new owner tells only what has changed", () => {
  const [former, next] = [new Rig(), new Rig()];
  former.change("n1", 2, ["ann", "bob"]);
  former.isOwner = false;
  const handed = former.register.reassign(() => true);
  expect(handed).toEqual([{ key: KEY, isOccupied: true, userIds: ["ann", "bob"] }]);
  next.status = "fresh";
  next.register.told(KEY, true, ["ann", "bob"]);
  next.set("n1", ["bob", "eve"], [], false);
  next.register.settle(true);
  expect(next.take()).toEqual(["removed ann", "added eve", "n1 0 ="]);
});

test("a key that was told as occupied and has no parts is told as vacated", () => {
  const rig = new Rig();
  rig.status = "fresh";
  rig.register.told(KEY, true, []);
  rig.register.settle(true);
  expect(rig.take()).toEqual(["vacated"]);
  expect(rig.register.size).toBe(0);
});

test("parts that a node does not repeat are gone, if it agrees about the owners", () => {
  const rig = new Rig();
  rig.change("n1", 1, ["ann"]);
  rig.change("n2", 1, ["bob"]);
  rig.take();
  rig.register.keepOnly("n2", new Set([KEY]), true);
  expect(rig.take()).toEqual([]);
  rig.register.keepOnly("n2", new Set(), true);
  expect(rig.take()).toEqual(["n1 0 + -bob", "removed bob"]);
});

test("plain parts are counted, doubted and settled like others", () => {
  const rig = new Rig();
  for (const [index, node] of ["n1", "n2", "n1"].entries())
    rig.register.change(node, `key ${index}`, {
      count: index + 1,
      follow: FOLLOW.nothing,
      added: [],
      removed: [],
    });
  rig.take();
  rig.register.doubt();
  expect(rig.register.figures("key 2")).toEqual({ count: 3, userIds: [], isComplete: false });
  rig.register.settle(true);
  expect(rig.take()).toEqual([]);
  rig.register.drop("n1");
  expect(rig.take()).toEqual(["vacated", "vacated"]);
  expect([...rig.register.keys()]).toEqual(["key 1"]);
});

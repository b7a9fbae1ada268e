// What a follower knows of a key: only differences are told, and nobody who may still be there is dropped.
import { expect, test } from "bun:test";
import { FOLLOW } from "../../../../src/cluster/census/part.ts";
import { Views } from "../../../../src/cluster/census/views.ts";

function rig(): { views: Views; told: string[] } {
  const told: string[] = [];
  const views = new Views({
    changed: (_, { count, added, removed }) =>
      told.push(`${count} +${added.map(([id]) => id).join()} -${removed.join()}`),
    ready: () => told.push("ready"),
  });
  views.follow("key", FOLLOW.members);
  return { views, told };
}

test("changes before everything was told are ignored", () => {
  const { views, told } = rig();
  views.change("key", { count: 1, added: [["ann", null]], removed: [] });
  expect(told).toEqual([]);
  views.replace("key", 0, [], true);
  expect(told).toEqual(["ready"]);
});

test("the whole is told as differences", () => {
  const { views, told } = rig();
  views.replace(
    "key",
    2,
    [
      ["ann", null],
      ["bob", null],
    ],
    true,
  );
  views.replace(
    "key",
    2,
    [
      ["bob", null],
      ["eve", null],
    ],
    true,
  );
  views.replace(
    "key",
    2,
    [
      ["bob", null],
      ["eve", null],
    ],
    true,
  );
  expect(told).toEqual(["2 +ann,bob -", "ready", "2 +eve -ann"]);
});

test("what is not complete removes nobody", () => {
  const { views, told } = rig();
  views.replace("key", 1, [["ann", null]], true);
  views.replace("key", 1, [["bob", null]], false);
  expect(told).toEqual(["1 +ann -", "ready", "1 +bob -"]);
  expect([...(views.get("key")?.members.keys() ?? [])]).toEqual(["ann", "bob"]);
});

test("members are announced once, and gone once", () => {
  const { views, told } = rig();
  views.replace("key", 0, [], true);
  for (const count of [1, 2]) views.change("key", { count, added: [["ann", null]], removed: [] });
  for (const count of [1, 0]) views.change("key", { count, added: [], removed: ["ann"] });
  expect(told).toEqual(["ready", "1 +ann -", "2 + -", "1 + -ann", "0 + -"]);
});

test("nothing is told of a key that is not followed any more", () => {
  const { views, told } = rig();
  expect(views.unfollow("key")).toBe(true);
  views.replace("key", 1, [["ann", null]], true);
  views.change("key", { count: 1, added: [["ann", null]], removed: [] });
  expect(told).toEqual([]);
});

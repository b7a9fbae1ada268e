import { describe, expect, test } from "bun:test";
import { channelKind, isSocketId } from "../../../src/protocol/names.ts";

describe("channelKind()", () => {
  test.each([
    ["a", ""],
    ["", ""],
    ["privateer", ""],
    ["presencefoo", ""],
    ["cacheable", ""],
    ["Private-a", ""],
    ["private-a", "authorised"],
    ["private-presence-a", "authorised"],
    ["private-encrypted-a", "authorised encrypted"],
    ["private-cache-a", "authorised cached"],
    ["private-encrypted-cache-a", "authorised cached encrypted"],
    ["presence-a", "authorised presence"],
    ["presence-cache-a", "authorised presence cached"],
    ["cache-a", "cached"],
    ["cache-private-a", "cached"],
  ])("%s is %s", (name, members) => {
    const kind = channelKind(name);
    const set = Object.entries(kind)
      .filter(([, value]) => value)
      .map(([member]) => member);
    expect(set.join(" ")).toBe(members);
  });
});

test("isSocketId() accepts digits, a point and digits", () => {
  expect(["1.1", "123.4567890"].every(isSocketId)).toBe(true);
  expect(["", "1", "1.", ".1", "1.1.1", "a.1", "1.1\n"].some(isSocketId)).toBe(false);
});

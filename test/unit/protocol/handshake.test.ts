import { describe, expect, test } from "bun:test";
import {
  claimedProtocol,
  readHandshake,
  wantsErrorEvent,
} from "../../../src/protocol/handshake.ts";

describe("readHandshake()", () => {
  test.each([
    ["protocol=7&client=js&version=8.6.0&flash=false", 7],
    ["client=x&version=1&protocol=4", 4],
    ["protocol=5&client=java-client", 5],
  ])("takes %s", (query, protocol) => {
    expect(readHandshake(query)).toEqual({ protocol });
  });

  test.each([
    ["", 4008],
    ["protocol=", 4008],
    ["protocol=3", 4007],
    ["protocol=8", 4007],
    ["protocol=x", 4007],
    ["protocol=7&version=latest", 4006],
  ])("refuses %j with %i", (query, code) => {
    expect(readHandshake(query)).toMatchObject({ kind: "fault", code });
  });
});

test("protocols below 6 want an event before the close frame", () => {
  expect([4, 5, 6, 7].map(wantsErrorEvent)).toEqual([true, true, false, false]);
  expect(claimedProtocol("protocol=5")).toBe(5);
  expect(claimedProtocol("protocol=nonsense")).toBe(7);
});

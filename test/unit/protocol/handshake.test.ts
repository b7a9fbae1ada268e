import { describe, expect, test } from "bun:test";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";
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
    expect(readHandshake(query)).toEqual({ protocol, traits: PUSHER_CLIENT });
  });

  test.each([
    ["", 4008],
    ["protocol=", 4008],
    ["protocol=3", 4007],
    ["protocol=8", 4007],
    ["protocol=x", 4007],
    ["protocol=7&version=latest", 4006],
    ["protocol=2&format=msgpack", 4007],
    ["protocol=7&format=protobuf", 4007],
    ["protocol=2&echo_messages=1", 4007],
    ["protocol=2&token=a.b.c", 4009],
    ["protocol=7&token=", 4009],
  ])("refuses %j with %i", (query, code) => {
    expect(readHandshake(query)).toMatchObject({ kind: "fault", code });
  });
});

describe("a handshake of Sockudo's dialect", () => {
  test.each(["latest", "v2", "", "2.2.0-rc.1"])("may have the version %j", (version) => {
    expect(readHandshake(`protocol=2&client=swift&version=${version}`)).toMatchObject({
      protocol: 2,
    });
  });

  test.each(["", "format=json", "format=%20JSON", "append_mode=full&append_rollup_window=40"])(
    "may have %j, which asks for nothing unsupported",
    (parameters) => {
      expect(readHandshake(`protocol=2&${parameters}`)).toMatchObject({ protocol: 2 });
    },
  );

  test("names what is unsupported", () => {
    expect(readHandshake("protocol=2&format=msgpack")).toMatchObject({
      message: "Unsupported format, must be json: msgpack",
    });
    expect(readHandshake("protocol=2&token=a.b.c")).toMatchObject({
      message: expect.stringContaining("Unsupported parameter: token"),
    });
  });

  test.each([
    ["protocol=2", true],
    ["protocol=2&echo_messages=true", true],
    ["protocol=2&echo_messages=false", false],
    ["protocol=7&echo_messages=true", false],
  ])("%s: gets its own client events: %p", (query, hearsItself) => {
    expect(readHandshake(query)).toMatchObject({ traits: { hearsItself } });
  });

  test.each([
    ["protocol=2&client=js&version=2.2.0", true],
    ["protocol=2&client=python&version=2.2.0", true],
    ["protocol=7&client=python&version=2.2.0", true],
    ["protocol=7&client=js&version=2.2.0", true],
    ["protocol=7&client=js&version=8.6.0", false],
    ["protocol=7&client=js&version=4.0.0", false],
    ["protocol=7&client=js", false],
    ["protocol=2&client=swift&version=2.2.0", false],
    ["protocol=2", false],
  ])("%s: must enable deltas on its connection: %p", (query, mustEnableDelta) => {
    expect(readHandshake(query)).toMatchObject({ traits: { mustEnableDelta } });
  });
});

test("protocols below 6 need an error event before the close frame", () => {
  expect([4, 5, 6, 7].map(wantsErrorEvent)).toEqual([true, true, false, false]);
  expect(claimedProtocol("protocol=5")).toBe(5);
  expect(claimedProtocol("protocol=nonsense")).toBe(7);
});

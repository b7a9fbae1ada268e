import { expect, test } from "bun:test";
import { V1, V2 } from "../../../src/protocol/dialect.ts";
import { dialectOf } from "../../../src/protocol/handshake.ts";

test("the dialects differ in their prefixes alone", () => {
  expect([V1, V2]).toEqual([
    { version: 1, prefix: "pusher:", internal: "pusher_internal:" },
    { version: 2, prefix: "sockudo:", internal: "sockudo_internal:" },
  ]);
});

test.each([4, 5, 6, 7])("protocol %d speaks the first dialect", (protocol) => {
  expect(dialectOf(protocol)).toBe(V1);
});

test("protocol 2 speaks the second one", () => {
  expect(dialectOf(2)).toBe(V2);
});

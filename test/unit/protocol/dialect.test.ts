import { expect, test } from "bun:test";
import { V1, V2 } from "../../../src/protocol/dialect.ts";
import { codecOf } from "../../../src/protocol/codecs.ts";

test("the dialects differ in their prefixes alone", () => {
  expect([V1, V2]).toEqual([
    { version: 1, prefix: "pusher:", internal: "pusher_internal:" },
    { version: 2, prefix: "sockudo:", internal: "sockudo_internal:" },
  ]);
});

test.each([4, 5, 6, 7])("protocol %d speaks the first dialect", (protocol) => {
  expect(codecOf(protocol).dialect).toBe(V1);
});

test("protocol 2 speaks the second one", () => {
  expect(codecOf(2).dialect).toBe(V2);
});

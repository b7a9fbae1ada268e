import { expect, test } from "bun:test";
import { V1, V2 } from "../../../src/protocol/dialect.ts";
import { codecOf } from "../../../src/protocol/codecs.ts";

test("the dialects differ only in their prefixes", () => {
  expect([V1, V2]).toEqual([
    { version: 1, prefix: "pusher:", internal: "pusher_internal:" },
    { version: 2, prefix: "sockudo:", internal: "sockudo_internal:" },
  ]);
});

test.each([4, 5, 6, 7])("protocol %d uses the first dialect", (protocol) => {
  expect(codecOf(protocol).dialect).toBe(V1);
});

test("protocol 2 uses the second dialect", () => {
  expect(codecOf(2).dialect).toBe(V2);
});

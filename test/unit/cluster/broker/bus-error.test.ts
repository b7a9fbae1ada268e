import { describe, expect, test } from "bun:test";
import { openError, reasonOf, withoutSecrets } from "../../../../src/cluster/broker/bus-error.ts";

describe("reasonOf()", () => {
  test("has words for known errors, whatever they are wrapped in", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), {
      code: "ECONNREFUSED",
    });
    expect(reasonOf(refused)).toBe("connection refused");
    expect(reasonOf(new Error("outer", { cause: refused }))).toBe("connection refused");
    expect(reasonOf(new AggregateError([new Error("x"), refused], "all"))).toBe(
      "connection refused",
    );
  });

  test("is the first line of other errors", () => {
    expect(reasonOf(new Error("WRONGPASS invalid\nmore"))).toBe("WRONGPASS invalid");
    expect(reasonOf("text")).toBe("text");
    expect(reasonOf(new AggregateError([new Error("first"), new Error("second")]))).toBe("first");
    expect(reasonOf(new Error('Unknown RESP type 72 "H". Please report this.'))).toBe(
      "it is no Redis server",
    );
  });
});

test("openError() names the bus and shows no secret", () => {
  const error = openError("redis://h:1", new Error("user bob with pw-1"), ["pw-1", "", undefined]);
  expect(error.message).toBe('Cannot open bus "redis://h:1": user bob with [secret]');
  expect(withoutSecrets("a.b", ["."])).toBe("a[secret]b");
});

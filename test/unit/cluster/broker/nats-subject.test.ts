import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { subjectPrefix, token } from "../../../../src/cluster/broker/nats-subject.ts";

describe("a subject of NATS", () => {
  const CASES: readonly (readonly [topic: string, token: string])[] = [
    ["presence-a_b=c@d,e;f:g#h", "presence-a_b=c@d,e;f:g#h"],
    ["a.b", "a%2Eb"],
    ["*", "%2A"],
    [">", "%3E"],
    ["$SYS", "%24SYS"],
    ["%", "%25"],
    ["", "%"],
    ["a b\r\n", "a%20b%0D%0A"],
    ["ü", "%C3%BC"],
  ];
  for (const [topic, expected] of CASES)
    test(`has ${JSON.stringify(topic)} as ${expected}`, () => {
      expect(token(topic)).toBe(expected);
    });

  test("is one token for any topic, and another one for each", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (one, other) => {
        expect(token(one)).toMatch(/^[^\s.*>$]+$/);
        expect(token(one) === token(other)).toBe(one === other);
      }),
    );
  });

  test("begins with the prefix, whose dots part tokens if it is made of tokens", () => {
    expect(subjectPrefix("")).toBe("");
    expect(subjectPrefix("fanwire")).toBe("fanwire.");
    expect(subjectPrefix("sockudo_adapter:")).toBe("sockudo_adapter:.");
    expect(subjectPrefix("prod.eu")).toBe("prod.eu.");
    expect(subjectPrefix("prod.")).toBe("prod%2E.");
    expect(subjectPrefix("a.>")).toBe("a%2E%3E.");
  });
});

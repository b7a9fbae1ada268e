import { describe, expect, test } from "bun:test";
import { camelCase, nearest, snakeCase } from "../../../src/config/spelling.ts";

describe("snakeCase()", () => {
  const CASES: readonly (readonly [key: string, snake: string])[] = [
    ["maxConnections", "max_connections"],
    ["maxPresenceMemberSizeInKb", "max_presence_member_size_in_kb"],
    ["useTLS", "use_tls"],
    ["port", "port"],
    ["max_connections", "max_connections"],
    ["max_Connections", "max_Connections"],
    ["MaxConnections", "max_connections"],
    ["Port", "port"],
    ["__proto__", "__proto__"],
    ["", ""],
  ];
  for (const [key, snake] of CASES)
    test(`spells ${JSON.stringify(key)} as ${JSON.stringify(snake)}`, () => {
      expect(snakeCase(key)).toBe(snake);
    });
});

describe("camelCase()", () => {
  test("is reversed by snakeCase()", () => {
    expect(camelCase("max_presence_member_size_in_kb")).toBe("maxPresenceMemberSizeInKb");
    expect(snakeCase(camelCase("max_event_payload_in_kb"))).toBe("max_event_payload_in_kb");
  });
});

describe("nearest()", () => {
  const KNOWN = ["host", "port", "path_prefix", "activity_timeout", "max_connections"];
  const CASES: readonly (readonly [word: string, nearest: string | undefined])[] = [
    ["prot", "port"],
    ["hos", "host"],
    ["hosts", "host"],
    ["max_conections", "max_connections"],
    ["maximum_connections", "max_connections"],
    ["activity_timout", "activity_timeout"],
    ["debug", undefined],
    ["xxxx", undefined],
    ["", undefined],
  ];
  for (const [word, expected] of CASES)
    test(`finds ${expected ?? "nothing"} for ${JSON.stringify(word)}`, () => {
      expect(nearest(word, KNOWN)).toBe(expected);
    });

  test("takes the first of equally near candidates", () => {
    expect(nearest("pork", ["porb", "port"])).toBe("porb");
  });
});

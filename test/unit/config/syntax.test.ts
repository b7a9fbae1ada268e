// Files that are neither TOML nor JSON: the position of the error, and that no message repeats their text.

import { describe, expect, test } from "bun:test";
import { configOf, errorsOf } from "./reading.ts";

const BROKEN: readonly (readonly [path: string, text: string, message: string])[] = [
  [
    "a.json",
    '{"apps": [],\n "secret": s3cret}',
    "a.json:2:12: Cannot use the configuration: it is not JSON, expected a value",
  ],
  [
    "a.json",
    '{"port": 1,}',
    "a.json:1:12: Cannot use the configuration: it is not JSON, expected a key in double quotes",
  ],
  [
    "a.json",
    '{"port": 1} {}',
    "a.json:1:13: Cannot use the configuration: it is not JSON, expected the end of the file",
  ],
  [
    "a.json",
    '{"port": 1,\n\n "port": 2}',
    "a.json:3:2: Cannot use the configuration: it is not JSON, this key is given twice",
  ],
  [
    "a.json",
    '{"port" = 1}',
    'a.json:1:9: Cannot use the configuration: it is not JSON, expected ":"',
  ],
  ["a.json", "", "a.json:1:1: Cannot use the configuration: it is not JSON, expected a value"],
  ["a.json", "[]", "a.json: Cannot use the configuration (a list): it must be an object"],
  ["a.json", '"s3cret"', "a.json: Cannot use the configuration (text): it must be an object"],
  [
    "a.json",
    "port = 1",
    "a.json:1:1: Cannot use the configuration: it is not JSON, expected a value",
  ],
  [
    "a.conf",
    '{"port": }',
    "a.conf:1:10: Cannot use the configuration: it is not JSON, expected a value",
  ],
  [
    "a.toml",
    "a = [\n 1,\n 2]\n\nsecret = s3cret\n[b\n",
    "a.toml:5:10: Cannot use the configuration: it is not TOML, strings must be quoted",
  ],
  [
    "a.toml",
    "port = 1\n\nport = 2\n",
    "a.toml:3:1: Cannot use the configuration: it is not TOML, cannot redefine key 'port'",
  ],
  [
    "a.toml",
    '{"port": 1}',
    "a.toml:1:1: Cannot use the configuration: it is not TOML, expected a key but found '{'",
  ],
  [
    "a.conf",
    "port",
    "a.conf:1:1: Cannot use the configuration: it is not TOML, expected '=' after a key but found end of file",
  ],
];

describe("readConfig()", () => {
  for (const [path, text, message] of BROKEN)
    test(`gives the position of the error in ${path}: ${JSON.stringify(text)}`, () => {
      const lines = errorsOf(text, { path });
      expect(lines).toEqual([message]);
      expect(lines.join()).not.toContain("s3cret");
    });

  test("gives the position of the error in a long TOML file, with CR LF line ends too", () => {
    const text = `${"# a comment\r\n".repeat(20_000)}port = s3cret`;
    expect(errorsOf(text, { path: "a.toml" })).toEqual([
      "a.toml:20001:8: Cannot use the configuration: it is not TOML, strings must be quoted",
    ]);
  });

  test("refuses a day that its month does not have, as TOML does", () => {
    expect(errorsOf("host = 2020-02-30", { path: "a.toml" })).toEqual([
      "a.toml: Cannot use the configuration: it is not TOML, invalid date: day is out of range for the month",
    ]);
  });

  test("takes the format from the first character if the extension is unknown", () => {
    expect(configOf(' \n{"port": 5}', { path: "fanwire.conf" }).port).toBe(5);
    expect(configOf("port = 5", { path: "fanwire" }).port).toBe(5);
  });

  test("skips a byte order mark", () => {
    expect(configOf('\uFEFF{"port": 5}').port).toBe(5);
    expect(configOf("\uFEFFport = 5", { path: "a.toml" }).port).toBe(5);
  });

  test("refuses a TOML date where a text is expected", () => {
    expect(errorsOf("host = 2020-01-01", { path: "a.toml" })).toEqual([
      "a.toml: Cannot use host (a date): it must be a host name or an address",
    ]);
  });
});

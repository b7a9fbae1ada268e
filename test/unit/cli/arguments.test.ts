import { describe, expect, test } from "bun:test";
import { readArguments } from "../../../src/cli/arguments.ts";

describe("readArguments()", () => {
  const known = { app: "once", port: "once" } as const;

  test("reads flags in both forms, between positional arguments", () => {
    expect(readArguments(["a", "--port", "1", "b", "--app=i:k:s=="], known)).toEqual({
      kind: "arguments",
      flags: { port: "1", app: "i:k:s==" },
      positions: ["a", "b"],
    });
  });

  test("takes everything after -- as positional arguments", () => {
    expect(readArguments(["--", "--port", "-1"], known)).toMatchObject({
      positions: ["--port", "-1"],
      flags: {},
    });
  });

  test.each([
    [
      ["--prot", "1"],
      'Cannot read option "--prot": it must be one of --app, --port, did you mean --port',
    ],
    [["--port"], 'Cannot read option "--port": it needs a value'],
  ])("says what is wrong with %j", (args, message) => {
    expect(readArguments(args, known)).toEqual({ kind: "error", message });
  });
});

// Variables and the command line: which overrides which, which names are read, and their errors.

import { describe, expect, test } from "bun:test";
import { OPTIONS } from "../../../src/config/options.ts";
import { APP_OPTIONS } from "../../../src/config/app-options.ts";
import { nameOf, optionsOf } from "../../../src/config/table.ts";
import { APP, configOf, errorsOf, warningsOf } from "./reading.ts";

describe("a variable", () => {
  const CASES: readonly (readonly [env: Record<string, string>, port: number])[] = [
    [{}, 1000],
    [{ SOKETI_PORT: "1001" }, 1001],
    [{ SOKETI_PORT: "1001", PORT: "1002" }, 1002],
    [{ SOKETI_PORT: "1001", PORT: "1002", FANWIRE_PORT: "1003" }, 1003],
    [{ PORT: "1002", FANWIRE_PORT: "" }, 1002],
    [{ SOKETI_PORT: "", PORT: "", FANWIRE_PORT: "" }, 1000],
    [{ FANWIRE_PORT: "1003", PORT: "of another program" }, 1003],
  ];
  for (const [env, port] of CASES)
    test(`overrides the file: ${JSON.stringify(env)}`, () => {
      expect(configOf({ port: 1000 }, { env }).port).toBe(port);
    });

  test("is named when it is wrong", () => {
    const env = { PORT: "http", ACTIVITY_TIMEOUT: "0", SOKETI_ADAPTER_DRIVER: "cluster" };
    expect(errorsOf({}, { env })).toEqual([
      'environment: Cannot use PORT "http": it must be a whole number from 0 to 65535',
      'environment: Cannot use ACTIVITY_TIMEOUT "0": it must be a whole number of seconds from 1 to 86400',
      'environment: Cannot use SOKETI_ADAPTER_DRIVER "cluster": this version has "local", "redis", "redis-cluster" and "nats"',
    ]);
  });

  test("of another program is ignored", () => {
    const env = {
      PATH: "/bin",
      FANWIRE_SERVICE_HOST: "10.0.0.1",
      DEBUG: "express:*",
      LANG: "C",
      __proto__: "x",
    };
    expect(configOf({}, { env })).toEqual(configOf({}));
  });

  test("replaces a driver of the file that is not available", () => {
    const file = { adapter: { driver: "kafka" } };
    expect(configOf(file, { env: { ADAPTER_DRIVER: "local" } }).adapterDriver).toBe("local");
  });

  test("of ours overrides Sockudo's, which override soketi's", () => {
    for (const { env } of [...optionsOf(OPTIONS), ...optionsOf(APP_OPTIONS)]) {
      const ranks = env.map((spelling) => {
        const name = nameOf(spelling);
        if (name.startsWith("FANWIRE_")) return 0;
        return name.startsWith("SOKETI_") ? 2 : 1;
      });
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
    }
  });

  test("belongs to one option, and so does a key of a file", () => {
    const tables = [optionsOf(OPTIONS), optionsOf(APP_OPTIONS)];
    const variables = tables.flat().flatMap(({ env }) => env.map(nameOf));
    expect(variables).toEqual([...new Set(variables)]);
    for (const options of tables) {
      const keys = options.flatMap(({ path, aliases = [] }) => [path, ...aliases.map(nameOf)]);
      expect(keys).toEqual([...new Set(keys)]);
    }
  });
});

describe("the command line", () => {
  test("overrides the environment and the file", () => {
    const env = { FANWIRE_PORT: "2", FANWIRE_HOST: "b", FANWIRE_WORKERS: "2" };
    const overrides = { port: "3", host: "c", workers: "auto" };
    const config = configOf({ port: 1, host: "a", workers: 1 }, { env, overrides });
    expect([config.port, config.host, config.workers]).toEqual([3, "c", "auto"]);
  });

  test("leaves everything else unchanged", () => {
    expect(configOf({ port: 1 }, { overrides: { port: undefined } }).port).toBe(1);
  });

  test("is named when it is wrong", () => {
    const overrides = { port: "x", workers: "0", app: ["s3cret"] };
    expect(errorsOf({}, { overrides })).toEqual([
      'command line: Cannot use --port "x": it must be a whole number from 0 to 65535',
      'command line: Cannot use --workers "0": it must be a whole number from 1 to 256, or "auto"',
      "command line: Cannot use --app <redacted>: it must be ID:KEY:SECRET",
    ]);
  });
});

describe("apps of the environment", () => {
  const soketi = {
    SOKETI_DEFAULT_APP_ID: "soketi",
    SOKETI_DEFAULT_APP_KEY: "soketi-key",
    SOKETI_DEFAULT_APP_SECRET: "soketi-secret",
    SOKETI_DEFAULT_APP_ENABLE_CLIENT_MESSAGES: "1",
    SOKETI_DEFAULT_APP_MAX_CONNS: "-1",
  };
  const sockudo = {
    SOCKUDO_DEFAULT_APP_ID: "sockudo",
    SOCKUDO_DEFAULT_APP_KEY: "sockudo-key",
    SOCKUDO_DEFAULT_APP_SECRET: "sockudo-secret",
    SOCKUDO_DEFAULT_APP_MAX_CONNECTIONS: "7",
    SOCKUDO_DEFAULT_APP_ENABLED: "false",
  };

  test("are added to those of the file, with the names of each server", () => {
    const env = { ...sockudo, ...soketi, FANWIRE_APP: "ours:our-key:our:secret" };
    const { apps } = configOf({ apps: [APP] }, { env, overrides: { app: ["typed:key:secret"] } });
    expect(apps.map(({ id, credentials }) => [id, credentials])).toEqual([
      ["1", [{ key: "key-1", secret: "secret-1" }]],
      ["soketi", [{ key: "soketi-key", secret: "soketi-secret" }]],
      ["sockudo", [{ key: "sockudo-key", secret: "sockudo-secret" }]],
      ["ours", [{ key: "our-key", secret: "our:secret" }]],
      ["typed", [{ key: "key", secret: "secret" }]],
    ]);
    expect(apps.map(({ clientEvents }) => clientEvents)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(apps.map(({ enabled }) => enabled)).toEqual([true, true, false, true, true]);
    expect(apps.map(({ limits }) => limits.maxConnections)).toEqual([
      Infinity,
      Infinity,
      7,
      Infinity,
      Infinity,
    ]);
  });

  test("replace the app with the same id in its place", () => {
    const file = {
      apps: [
        { ...APP, maxConnections: 5 },
        { id: "2", key: "key-2", secret: "secret-2" },
      ],
    };
    const { apps } = configOf(file, { env: { FANWIRE_APP: "1:key-1:new-secret" } });
    expect(apps.map(({ id }) => id)).toEqual(["1", "2"]);
    expect(apps[0]?.credentials).toEqual([{ key: "key-1", secret: "new-secret" }]);
    expect(apps[0]?.limits.maxConnections).toBe(Infinity);
  });

  test("must not have the key of another app", () => {
    expect(errorsOf({ apps: [APP] }, { env: { FANWIRE_APP: "2:key-1:secret-2" } })).toEqual([
      'environment: Cannot use FANWIRE_APP "key-1": another has this key',
    ]);
  });

  test("must be complete", () => {
    const env = { SOCKUDO_DEFAULT_APP_KEY: "key", SOCKUDO_DEFAULT_APP_ENABLED: "perhaps" };
    expect(errorsOf({}, { env })).toEqual([
      'environment: Cannot use SOCKUDO_DEFAULT_APP_ENABLED "perhaps": it must be true or false',
      "environment: Cannot use SOCKUDO_DEFAULT_APP_ID: it is missing, every app must have it",
      "environment: Cannot use SOCKUDO_DEFAULT_APP_SECRET: it is missing, every app must have it",
    ]);
  });

  test("never show a part of ID:KEY:SECRET, whose parts may be in the wrong order", () => {
    const lines = errorsOf({}, { env: { FANWIRE_APP: "s3cret/:s3cret/:x" } });
    expect(lines.map((line) => line.split(": it must")[0])).toEqual([
      "environment: Cannot use FANWIRE_APP (id) <redacted>",
      "environment: Cannot use FANWIRE_APP (key) <redacted>",
      "environment: Cannot use FANWIRE_APP (secret) <redacted>",
    ]);
  });

  test("give a warning when they ask for something unavailable", () => {
    const env = {
      ...sockudo,
      SOCKUDO_DEFAULT_APP_ANNOTATIONS_ENABLED: "true",
      HISTORY_ENABLED: "1",
      IDEMPOTENCY_ENABLED: "false",
    };
    expect(warningsOf({}, { env })).toEqual([
      "environment: HISTORY_ENABLED has no effect: this version keeps no history",
      "environment: SOCKUDO_DEFAULT_APP_ANNOTATIONS_ENABLED has no effect: this version has no annotations",
    ]);
  });

  test("are not created by Sockudo's older name of a single setting", () => {
    const older = { SOCKUDO_ENABLE_CLIENT_MESSAGES: "true" };
    expect(configOf({}, { env: older }).apps).toEqual([]);
    expect(configOf({}, { env: { ...sockudo, ...older } }).apps[0]?.clientEvents).toBe(true);
  });
});

// The errors of invalid files: the complete message, and all messages at once.

import { describe, expect, test } from "bun:test";
import { APP, configOf, errorsOf, reading } from "./reading.ts";

const WRONG_VALUES: readonly (readonly [file: object, message: string])[] = [
  [{ port: 65_536 }, "port 65536: it must be a whole number from 0 to 65535"],
  [{ port: -1 }, "port -1: it must be a whole number from 0 to 65535"],
  [{ port: 1.5 }, "port 1.5: it must be a whole number from 0 to 65535"],
  [{ port: true }, "port true: it must be a whole number from 0 to 65535"],
  [{ port: "6001x" }, 'port "6001x": it must be a whole number from 0 to 65535'],
  [{ port: [6001] }, "port (a list): it must be a whole number from 0 to 65535"],
  [
    { server: { port: {} } },
    "server.port (a group of keys): it must be a whole number from 0 to 65535",
  ],
  [{ host: "" }, 'host "": it must be a host name or an address'],
  [{ host: "a b" }, 'host "a b": it must be a host name or an address'],
  [{ host: 5 }, "host 5: it must be a host name or an address"],
  [{ workers: 0 }, 'workers 0: it must be a whole number from 1 to 256, or "auto"'],
  [{ workers: "all" }, 'workers "all": it must be a whole number from 1 to 256, or "auto"'],
  [{ path_prefix: "x" }, 'path_prefix "x": it must be empty, or a path such as "/realtime"'],
  [
    { path_prefix: "/a//b" },
    'path_prefix "/a//b": it must be empty, or a path such as "/realtime"',
  ],
  [
    { activity_timeout: 0 },
    "activity_timeout 0: it must be a whole number of seconds from 1 to 86400",
  ],
  [{ pongTimeout: 0 }, "pongTimeout 0: it must be a whole number of seconds from 1 to 3600"],
  [
    { adapter: { driver: 1 } },
    'adapter.driver 1: it must be "local" or "redis" or "redis-cluster" or "nats"',
  ],
  [
    { adapter: { driver: "loacl" } },
    'adapter.driver "loacl": it must be "local" or "redis" or "redis-cluster" or "nats", did you mean "local"',
  ],
  [
    { adapter: { driver: "x" } },
    'adapter.driver "x": it must be "local" or "redis" or "redis-cluster" or "nats"',
  ],
  [{ websocket: 5 }, "websocket (a number): it must be a group of keys"],
  [{ websocket: [] }, "websocket (a list): it must be a group of keys"],
  [{ apps: {} }, "apps (a group of keys): it must be a list of apps"],
  [{ apps: ["1:key-1:secret-1"] }, "apps[0] (text): it must be a group with id, key and secret"],
  [
    { host: "x".repeat(70) + " " },
    `host "${"x".repeat(60)}"…: it must be a host name or an address`,
  ],
];

const WRONG_KEYS: readonly (readonly [file: object, message: string])[] = [
  [{ prot: 1 }, "prot: it is not a known key, did you mean port"],
  [{ server: { hots: "x" } }, "server.hots: it is not a known key, did you mean host"],
  [
    { websocket: { maxBackpresure: 1 } },
    "websocket.maxBackpresure: it is not a known key, did you mean maxBackpressure",
  ],
  [{ "two words": 1 }, '["two words"]: it is not a known key, see "fanwire config docs"'],
  [{ server: { "a\nb": 1 } }, 'server["a\\nb"]: it is not a known key, see "fanwire config docs"'],
  [
    { apps: [{ ...APP, maxConections: 1 }] },
    "apps[0].maxConections: it is not a known key, did you mean maxConnections",
  ],
  [
    { apps: [{ ...APP, max_conections: 1 }] },
    "apps[0].max_conections: it is not a known key, did you mean max_connections",
  ],
  [{ "server.prot": 1 }, "server.prot: it is not a known key, did you mean port"],
  [
    { server: { "tls.port": 1 } },
    'server["tls.port"]: it is not a known key, see "fanwire config docs"',
  ],
  [{ "port.": 1 }, '["port."]: it is not a known key, did you mean port'],
  [{ "server.port": 1, port: 2 }, "port: server.port gives the same option"],
  [{ port: 1, server: { port: 2 } }, "server.port: port gives the same option"],
  [{ path_prefix: "", pathPrefix: "" }, "pathPrefix: path_prefix gives the same option"],
  [
    { apps: [], appManager: { array: { apps: [] } } },
    "appManager.array.apps: apps gives the same option",
  ],
];

describe("readConfig()", () => {
  for (const [file, message] of [...WRONG_VALUES, ...WRONG_KEYS])
    test(`refuses ${JSON.stringify(file).slice(0, 60)}`, () => {
      expect(errorsOf(file)).toEqual([`fanwire.json: Cannot use ${message}`]);
    });

  test("refuses placeholders in a file: used as they are, they would be publicly known secrets", () => {
    const app = { id: "1", key: "key-1", secret: "${SECRET:-geheim}" };
    const problem =
      "variables are not replaced in a file, write the value or set the variable of the option";
    expect(errorsOf({ apps: [app], metrics: { token: "x-${TOKEN}" } })).toEqual([
      `fanwire.json: Cannot use apps[0].secret: ${problem}`,
      `fanwire.json: Cannot use metrics.token: ${problem}`,
    ]);
    expect(configOf({ apps: [{ ...app, secret: "a${b-$c}" }] }).apps).toHaveLength(1);
  });

  test("reports all errors of all sources at once", () => {
    const file = { prot: 1, workers: 0, apps: [{ id: "a b", key: "k", secret: 5, webhoks: [] }] };
    const env = { PORT: "x", SOKETI_DEFAULT_APP_ID: "2" };
    const messages = errorsOf(file, { env, overrides: { host: "a b", app: ["1"] } });
    expect(messages.map((line) => line.split(/: | "| </)[1])).toEqual([
      "Cannot use prot",
      "Cannot use --host",
      "Cannot use PORT",
      "Cannot use workers 0",
      "Cannot use apps[0].webhoks",
      "Cannot use apps[0].id",
      "Cannot use apps[0].key",
      "Cannot use apps[0].secret",
      "Cannot use SOKETI_DEFAULT_APP_KEY",
      "Cannot use SOKETI_DEFAULT_APP_SECRET",
      "Cannot use --app",
    ]);
  });

  test("returns every error as data", () => {
    expect(reading({ adapter: { driver: "loca" } }, { path: "a.json" })).toEqual({
      kind: "errors",
      errors: [
        {
          source: "a.json",
          key: "adapter.driver",
          value: '"loca"',
          problem: 'it must be "local" or "redis" or "redis-cluster" or "nats"',
          nearest: '"local"',
        },
      ],
    });
  });

  test("reads numbers and flags in quotes", () => {
    const config = configOf({ port: "80", apps: [{ ...APP, enabled: "No", maxConnections: "5" }] });
    expect(config.port).toBe(80);
    expect(config.apps[0]?.enabled).toBe(false);
    expect(config.apps[0]?.limits.maxConnections).toBe(5);
  });
});

describe("keys of object prototypes", () => {
  const polluting = `{"__proto__": {"port": 1}, "constructor": {"prototype": {"port": 1}}, "toString": 1, "server.__proto__.port": 1, "__proto__.port": 1,
    "server": {"__proto__": {"port": 1}}, "apps": [{"__proto__": {"id": "2"}, "id": "1", "key": "key", "secret": "secret"}]}`;
  const expected = [
    "__proto__",
    "constructor",
    "toString",
    "server.__proto__",
    "__proto__",
    "server.__proto__",
    "apps[0].__proto__",
  ];

  test("are unknown keys in JSON", () => {
    const keys = errorsOf(polluting).map((line) => /Cannot use (\S+): it is not/.exec(line)?.[1]);
    expect(keys).toEqual(expected);
  });

  test("are unknown keys in TOML", () => {
    const toml =
      '[__proto__]\nport = 1\n[constructor.prototype]\nport = 1\n[server."__proto__"]\nport = 1';
    const keys = errorsOf(toml, { path: "x.toml" }).map((line) => line.split(/ use |: /)[2]);
    expect(keys).toEqual(["__proto__", "constructor", "server.__proto__"]);
  });

  test("do not change any object", () => {
    errorsOf(polluting);
    expect(Object.hasOwn(Object.prototype, "port")).toBe(false);
    expect(configOf({}).port).toBe(6001);
  });
});

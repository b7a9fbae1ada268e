// Apps of a file: their limits and credentials, what two apps must not share, and keys without effect.

import { describe, expect, test } from "bun:test";
import { parseAppCredential } from "../../../src/config/apps.ts";
import { DEFAULT_LIMITS, type App } from "../../../src/protocol/app.ts";
import { APP, configOf, errorsOf, warningsOf } from "./reading.ts";

const KEY_ALLOWED = 'it must be text of at least 3 characters, letters, digits and "_ - . ~ = @"';
const SECRET_ALLOWED = "it must be text of at least 3 characters, without whitespace";
const COUNT_ALLOWED = "it must be a whole number, at least 1, or -1 for no limit";

const WRONG_APPS: readonly (readonly [app: object, messages: readonly string[]])[] = [
  [{}, ["id", "key", "secret"].map((key) => `.${key}: it is missing, every app must have it`)],
  [{ ...APP, id: "" }, ['.id "": it must be a number, or letters, digits, _ and -']],
  [{ ...APP, id: "a/b" }, ['.id "a/b": it must be a number, or letters, digits, _ and -']],
  [{ ...APP, id: 1.5 }, [".id 1.5: it must be a number, or letters, digits, _ and -"]],
  [{ ...APP, key: "" }, [`.key "": ${KEY_ALLOWED}`]],
  [{ ...APP, key: "ab" }, [`.key "ab": ${KEY_ALLOWED}`]],
  [{ ...APP, key: "a/b/c" }, [`.key "a/b/c": ${KEY_ALLOWED}`]],
  [{ ...APP, key: "a:b:c" }, [`.key "a:b:c": ${KEY_ALLOWED}`]],
  [{ ...APP, key: 12_345 }, [`.key 12345: ${KEY_ALLOWED}`]],
  [{ ...APP, secret: "" }, [`.secret <redacted>: ${SECRET_ALLOWED}`]],
  [{ ...APP, secret: "s3cret\n" }, [`.secret <redacted>: ${SECRET_ALLOWED}`]],
  [{ ...APP, secret: 12_345 }, [`.secret <redacted>: ${SECRET_ALLOWED}`]],
  [{ ...APP, secret: ["s3cret"] }, [`.secret <redacted>: ${SECRET_ALLOWED}`]],
  [{ ...APP, enabled: "maybe" }, ['.enabled "maybe": it must be true or false']],
  [{ ...APP, enabled: 1 }, [".enabled 1: it must be true or false"]],
  [
    { ...APP, maxConnections: -2 },
    [".maxConnections -2: it must be a whole number, at least 1, or -1 or 0 for no limit"],
  ],
  [{ ...APP, max_event_batch_size: 0 }, [`.max_event_batch_size 0: ${COUNT_ALLOWED}`]],
  [
    { ...APP, maxEventPayloadInKb: 0 },
    [".maxEventPayloadInKb 0: it must be a number of KB above 0, or -1 for no limit"],
  ],
  [
    { ...APP, credentials: [] },
    [
      ".credentials (a list): it must be a list of at least one group with key and secret",
      ".credentials: it must not stand beside key and secret",
    ],
  ],
  [
    { id: "1", credentials: { key: "key", secret: "s3cret" } },
    [".credentials (a group of keys): it must be a list of at least one group with key and secret"],
  ],
  [
    { id: "1", credentials: ["key:s3cret"] },
    [".credentials[0] (text): it must be a group with key and secret"],
  ],
  [
    { id: "1", credentials: [{ key: "key" }, { key: "k", secret: "s 3", secrt: "s3cret" }] },
    [
      ".credentials[0].secret: it is missing, every app must have it",
      ".credentials[1].secrt: it is not a known key, did you mean secret",
      `.credentials[1].key "k": ${KEY_ALLOWED}`,
      `.credentials[1].secret <redacted>: ${SECRET_ALLOWED}`,
    ],
  ],
  [
    { id: "1", credentials: [pairOf("key-1"), pairOf("key-1")] },
    ['.credentials "key-1": another has this key'],
  ],
];

describe("an app", () => {
  for (const [app, messages] of WRONG_APPS)
    test(`is refused when it is ${JSON.stringify(app).slice(0, 70)}`, () => {
      const lines = errorsOf({ apps: [app] });
      expect(lines).toEqual(messages.map((each) => `fanwire.json: Cannot use apps[0]${each}`));
      expect(lines.join()).not.toContain("s3cret");
    });

  test("has Pusher's limits unless it sets its own", () => {
    expect(appOf(APP).limits).toEqual(DEFAULT_LIMITS);
    const limits = appOf({
      ...APP,
      max_connections: 1000,
      max_client_events_per_second: 20,
      max_backend_events_per_second: 21,
      max_read_requests_per_second: 22,
      max_subscriptions_per_connection: 23,
      max_presence_members_per_channel: 30,
      max_presence_member_size_in_kb: 4,
      max_channel_name_length: 50,
      max_event_channels_at_once: 60,
      max_event_name_length: 70,
      max_event_payload_in_kb: 80,
      max_event_batch_size: 90,
      strict_channel_names: true,
      strict_presence: true,
      idempotency: { enabled: false, ttl_seconds: 100 },
    }).limits;
    expect(limits).toEqual({
      maxConnections: 1000,
      maxClientEventsPerSecond: 20,
      maxApiEventsPerSecond: 21,
      maxApiReadsPerSecond: 22,
      maxSubscriptions: 23,
      maxPresenceMembers: 30,
      maxPresenceMemberBytes: 4096,
      maxChannelNameLength: 50,
      maxEventChannels: 60,
      maxEventNameLength: 70,
      maxEventDataBytes: 81_920,
      maxBatchEvents: 90,
      strictChannelNames: true,
      strictPresence: true,
      idempotency: false,
      idempotencyTtlMs: 100_000,
    });
  });

  test.each([
    [0.5, 512],
    ["0.5", 512],
    [1.25, 1280],
    [0.3, 307],
    [1 / 1024, 1],
  ])("may have %p KB of a payload, which are %i bytes", (kilobytes, bytes) => {
    const app = appOf({ ...APP, max_event_payload_in_kb: kilobytes });
    expect(app.limits.maxEventDataBytes).toBe(bytes);
    const member = appOf({ ...APP, maxPresenceMemberSizeInKb: kilobytes });
    expect(member.limits.maxPresenceMemberBytes).toBe(bytes);
  });

  test.each([0, -0.5, 0.0001, "0,5", "half", 1e300])("may not have %p KB of a payload", (value) => {
    expect(errorsOf({ apps: [{ ...APP, max_event_payload_in_kb: value }] })).toHaveLength(1);
  });

  test("has no limit with -1, and with 0 where another server means no limit by it", () => {
    const limitsOf = (value: number | null): App["limits"] =>
      appOf({
        ...APP,
        maxConnections: value,
        maxClientEventsPerSecond: value,
        maxBackendEventsPerSecond: value,
        maxReadRequestsPerSecond: value,
        maxSubscriptionsPerConnection: value,
      }).limits;
    const unlimited = {
      ...DEFAULT_LIMITS,
      maxConnections: Infinity,
      maxClientEventsPerSecond: Infinity,
      maxApiEventsPerSecond: Infinity,
      maxApiReadsPerSecond: Infinity,
      maxSubscriptions: Infinity,
    };
    expect(limitsOf(0)).toEqual(unlimited);
    expect(limitsOf(-1)).toEqual(unlimited);
    expect(limitsOf(null)).toEqual(DEFAULT_LIMITS);
    const { limits } = appOf({ ...APP, maxEventPayloadInKb: -1, maxEventBatchSize: -1 });
    expect([limits.maxEventDataBytes, limits.maxBatchEvents]).toEqual([Infinity, Infinity]);
  });

  test("may have a number as its id", () => {
    expect(appOf({ ...APP, id: 123_456 }).id).toBe("123456");
  });

  test("may have several credentials, in the order of the file", () => {
    const credentials = [pairOf("old-key"), pairOf("new-key")];
    expect(appOf({ id: "1", credentials }).credentials).toEqual(credentials);
  });

  test("is enabled by default, with everything else off", () => {
    const { id: _, credentials: __, limits: ___, ...switches } = appOf(APP);
    expect(switches).toEqual({
      enabled: true,
      clientEvents: false,
      subscriptionCount: false,
      watchlist: false,
      authorisedConnections: false,
      replayProtection: false,
      allowedOrigins: [],
      webhooks: [],
      channelDelta: [],
    });
    expect(
      appOf({
        ...APP,
        enabled: false,
        enable_client_messages: true,
        enableSubscriptionCount: true,
        enable_watchlist_events: true,
        EnableUserAuthentication: true,
        replay_protection: true,
      }),
    ).toMatchObject({
      enabled: false,
      clientEvents: true,
      subscriptionCount: true,
      watchlist: true,
      authorisedConnections: true,
      replayProtection: true,
    });
  });

  const ORIGINS: readonly (readonly [given: unknown, origins: readonly string[]])[] = [
    [[], []],
    [["*"], ["*"]],
    [["any"], ["*"]],
    [["ANY"], ["*"]],
    [
      ["https://A.example", "b.example:8443", "*.c.example", "http://localhost:3000"],
      ["https://a.example", "b.example:8443", "*.c.example", "http://localhost:3000"],
    ],
    [
      ["capacitor://localhost", "http://[::1]:80"],
      ["capacitor://localhost", "http://[::1]:80"],
    ],
    ["a.example, b.example", ["a.example", "b.example"]],
  ];
  for (const [given, origins] of ORIGINS)
    test(`may be used from the origins ${JSON.stringify(given)}`, () => {
      expect(appOf({ ...APP, allowed_origins: given }).allowedOrigins).toEqual(origins);
    });

  test("refuses origins that no browser sends", () => {
    for (const origin of ["https://a.example/", "a.*.example", "https://", "", "a b"])
      expect(errorsOf({ apps: [{ ...APP, allowedOrigins: [origin] }] })).toEqual([
        `fanwire.json: Cannot use apps[0].allowedOrigins[0] "${origin}": it must be an origin such as "https://example.com", "example.com", "*.example.com" or "*"`,
      ]);
  });
});

describe("limits for all apps", () => {
  const file = {
    channel_limits: { max_name_length: 1 },
    event_limits: {
      max_channels_at_once: 2,
      max_name_length: 3,
      max_payload_in_kb: 4,
      max_batch_size: 5,
    },
    presence: { max_members_per_channel: 6, max_member_size_in_kb: 7 },
  };
  const limits = {
    ...DEFAULT_LIMITS,
    maxChannelNameLength: 1,
    maxEventChannels: 2,
    maxEventNameLength: 3,
    maxEventDataBytes: 4096,
    maxBatchEvents: 5,
    maxPresenceMembers: 6,
    maxPresenceMemberBytes: 7168,
  };

  test("apply to every app that sets none, whatever its source", () => {
    const env = {
      FANWIRE_APP: "2:key-2:secret-2",
      SOKETI_DEFAULT_APP_ID: "3",
      SOKETI_DEFAULT_APP_KEY: "key-3",
      SOKETI_DEFAULT_APP_SECRET: "secret-3",
    };
    const { apps } = configOf(
      { ...file, apps: [APP] },
      { env, overrides: { app: ["4:key-4:secret-4"] } },
    );
    expect(apps.map((app) => [app.id, app.limits])).toEqual(
      ["1", "3", "2", "4"].map((id) => [id, limits]),
    );
  });

  test("are overridden by an app's own limits, one by one", () => {
    const { apps } = configOf({ ...file, apps: [{ ...APP, max_event_payload_in_kb: -1 }] });
    expect(apps[0]?.limits).toEqual({ ...limits, maxEventDataBytes: Infinity });
  });
});

describe("several apps", () => {
  test("must not share an id or a key", () => {
    const apps = [
      APP,
      { ...APP, key: "key-2" },
      { ...APP, id: 1 },
      { id: "4", credentials: [pairOf("key-4"), pairOf("key-2")] },
    ];
    expect(errorsOf({ apps })).toEqual([
      'fanwire.json: Cannot use apps[1].id "1": another has this id',
      'fanwire.json: Cannot use apps[2].id "1": another has this id',
      'fanwire.json: Cannot use apps[2].key "key-1": another has this key',
      'fanwire.json: Cannot use apps[3].credentials "key-2": another has this key',
    ]);
  });
});

describe("keys without effect", () => {
  const OFF: readonly object[] = [
    { annotationsEnabled: false, history: null, connection_recovery: { enabled: false } },
    { decay_seconds: 1, terminate_on_limit: false, idempotency: { enabled: false } },
    { policy: { channels: { channel_namespaces: [] }, presence_history: {} } },
  ];
  for (const keys of OFF)
    test(`are accepted when off: ${Object.keys(keys).join()}`, () => {
      expect(warningsOf({ apps: [{ ...APP, ...keys }] })).toEqual([]);
    });

  test.each([{ allow_subscribe_for_client: false }, { allowPublishForClient: "false" }])(
    "are an error if ignoring them would allow clients what they forbid: %j",
    (forbidding) => {
      const channel_namespaces = [{ name: "open" }, { name: "closed", ...forbidding }];
      for (const keys of [{ channel_namespaces }, { policy: { channels: { channel_namespaces } } }])
        expect(errorsOf({ apps: [{ ...APP, ...keys }] })).toEqual([
          expect.stringMatching(
            /^fanwire\.json: Cannot use apps\[0\]\.\S+: this version has no channel namespaces$/,
          ),
        ]);
      expect(
        warningsOf({
          apps: [{ ...APP, channel_namespaces: [{ name: "a", allow_subscribe_for_client: true }] }],
        }),
      ).toHaveLength(1);
    },
  );

  test("give a warning when they are on", () => {
    const asking = { channel_namespaces: [{ name: "s3cret" }], terminateOnLimit: true };
    const policy = { history: { enabled: true } };
    expect(warningsOf({ apps: [{ ...APP, ...asking, policy }] })).toEqual([
      "fanwire.json: apps[0].channel_namespaces has no effect: this version has no channel namespaces",
      "fanwire.json: apps[0].terminateOnLimit has no effect: this version keeps a connection that reaches a limit",
      "fanwire.json: apps[0].policy.history has no effect: this version keeps no history",
    ]);
  });
});

describe("parseAppCredential()", () => {
  const CASES: readonly (readonly [string, ReturnType<typeof parseAppCredential>])[] = [
    ["1:key:secret", { id: "1", key: "key", secret: "secret" }],
    ["1:key:sec:ret:", { id: "1", key: "key", secret: "sec:ret:" }],
    ["1:key", undefined],
    ["1:key:", undefined],
    [":key:secret", undefined],
    ["1::secret", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of CASES)
    test(`splits ${JSON.stringify(text)}`, () => {
      expect(parseAppCredential(text)).toEqual(expected);
    });
});

function pairOf(key: string): { readonly key: string; readonly secret: string } {
  return { key, secret: `secret of ${key}`.replaceAll(" ", "-") };
}

function appOf(app: object): App {
  const [only] = configOf({ apps: [app] }).apps;
  if (only === undefined) throw new Error("Cannot find the app: the configuration has none");
  return only;
}

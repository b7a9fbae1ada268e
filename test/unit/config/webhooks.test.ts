// An app's webhooks: the keys of each server, what is refused, and that no endpoint gets more events than it wants.

import { describe, expect, test } from "bun:test";
import { printConfig } from "../../../src/config/print.ts";
import {
  RESERVED_WEBHOOK_HEADERS,
  WEBHOOK_EVENTS,
  type WebhookEndpoint,
} from "../../../src/protocol/app.ts";
import { APP, configOf, errorsOf, warningsOf } from "./reading.ts";

const URL = "https://a.example/hook";
const ANY = { prefix: null, suffix: null, pattern: null };
const ALL: WebhookEndpoint = { url: URL, events: [], filter: ANY, headers: [] };

const READ: readonly (readonly [given: object, webhook: Partial<WebhookEndpoint>])[] = [
  [{}, {}],
  [{ event_types: null, filter: null, headers: null }, {}],
  [{ event_types: [] }, { events: [] }],
  [{ event_types: ["channel_occupied"] }, { events: ["channel_occupied"] }],
  [{ eventTypes: [...WEBHOOK_EVENTS] }, { events: WEBHOOK_EVENTS }],
  [{ url: "http://127.0.0.1:3000/?a=b" }, { url: "http://127.0.0.1:3000/?a=b" }],
  [{ filter: {} }, {}],
  [
    {
      filter: { channel_prefix: "private-", channel_suffix: "-x", channel_pattern: "private-*-x" },
    },
    { filter: { prefix: "private-", suffix: "-x", pattern: "private-*-x" } },
  ],
  [
    { filter: { channel_name_starts_with: "presence-", channel_name_ends_with: "" } },
    { filter: { ...ANY, prefix: "presence-" } },
  ],
  [
    { filter: { channelNameEndsWith: "-x", channelPattern: "^private-.*" } },
    { filter: { ...ANY, suffix: "-x", pattern: "private-*" } },
  ],
  [
    { headers: { Authorization: "Bearer s3cret", "X-Empty": "" } },
    {
      headers: [
        ["Authorization", "Bearer s3cret"],
        ["X-Empty", ""],
      ],
    },
  ],
  [{ lambda: {}, lambda_function: "" }, {}],
];

const REFUSED: readonly (readonly [webhook: unknown, message: string])[] = [
  ["https://a.example", " (text): it must be a group with url and event_types"],
  [{ event_types: [] }, ".url: it is missing, every webhook must have it"],
  [{ url: "" }, ".url <redacted>: it must be an http or https address"],
  [{ url: "a.example/?token=s3cret" }, ".url <redacted>: it must be an http or https address"],
  [{ url: "ftp://a.example" }, ".url <redacted>: it must be an http or https address"],
  [{ url: 5 }, ".url <redacted>: it must be an http or https address"],
  [{ url: URL, urll: URL }, ".urll: it is not a known key, did you mean url"],
  [{ url: URL, event_types: "x" }, ".event_types (text): it must be a list of event names"],
  [
    { url: URL, event_types: ["client_events"] },
    `.event_types[0] "client_events": it must be ${WEBHOOK_EVENTS.map((name) => `"${name}"`).join(" or ")}, did you mean "client_event"`,
  ],
  [{ url: URL, headers: [] }, ".headers (a list): it must be a group of header names with values"],
  [{ url: URL, headers: { "a b": "x" } }, '.headers["a b"]: no header can have this name'],
  [
    { url: URL, headers: { "X-A": "s3cret\r\nX-B: x" } },
    ".headers.X-A <redacted>: it must be text without line breaks",
  ],
  [
    { url: URL, headers: { "X-A": 5 } },
    ".headers.X-A <redacted>: it must be text without line breaks",
  ],
  [
    { url: URL, filter: { channel_prefix: 5 } },
    ".filter.channel_prefix 5: it must be a part of a channel's name",
  ],
  [
    { url: URL, filter: { channel_prefix: "a", channel_name_starts_with: "b" } },
    ".filter.channel_name_starts_with: apps[0].webhooks[0].filter.channel_prefix gives the same option",
  ],
  [
    { url: URL, filter: { channel_pattern: "^private-\\d+$" } },
    '.filter.channel_pattern "^private-\\\\d+$": it must be a channel\'s name with "*" for any characters, such as "private-*"; of regular expressions only those are known that say no more',
  ],
  [
    { url: URL, filter: { channel_namespace: "chat" } },
    ".filter.channel_namespace: this version has no channel namespaces, channel_prefix may say the same",
  ],
  [
    { url: URL, filter: { channel_namespaces: ["chat"] } },
    ".filter.channel_namespaces: this version has no channel namespaces, channel_prefix may say the same",
  ],
  [
    { url: URL, lambda: { function_name: "f", region: "us-east-1" } },
    ".lambda: this version does not invoke AWS Lambda",
  ],
  [{ url: URL, lambda_function: "f" }, ".lambda_function: this version does not invoke AWS Lambda"],
];

describe("a webhook", () => {
  for (const [given, webhook] of READ)
    test(`is read from ${JSON.stringify(given)}`, () => {
      const read = webhooksOf([{ url: URL, ...given }]);
      expect(read).toEqual([{ ...ALL, ...webhook }]);
    });

  for (const [given, message] of REFUSED)
    test(`is refused as ${JSON.stringify(given)}`, () => {
      const lines = errorsOf({ apps: [{ ...APP, webhooks: [given] }] });
      expect(lines).toEqual([`fanwire.json: Cannot use apps[0].webhooks[0]${message}`]);
      expect(lines.join()).not.toContain("s3cret");
    });

  test("leaves out events of Sockudo that are not supported", () => {
    const events = ["member_updated", "ai_run_started", "annotation_created", "member_added"];
    const webhooks = [{ url: URL, event_types: events }];
    expect(webhooksOf(webhooks)).toEqual([{ ...ALL, events: ["member_added"] }]);
    expect(warningsOf({ apps: [{ ...APP, webhooks }] })).toEqual(
      events
        .slice(0, 3)
        .map(
          (name, index) =>
            `fanwire.json: apps[0].webhooks[0].event_types[${index}] has no effect: this version does not send "${name}"`,
        ),
    );
  });

  test("is dropped if none of its events is supported, since an empty list means all events", () => {
    const webhooks = [{ url: URL, event_types: ["message_version_created"] }];
    expect(webhooksOf(webhooks)).toEqual([]);
    expect(warningsOf({ apps: [{ ...APP, webhooks }] }).at(-1)).toBe(
      "fanwire.json: apps[0].webhooks[0] has no effect: none of its events is sent",
    );
  });

  test("warns about keys without effect", () => {
    const webhooks = [
      {
        url: URL,
        headers: { "content-type": "text/plain", "X-Pusher-Key": "x" },
        retry: { max_attempts: 3 },
        request_timeout_ms: 500,
      },
    ];
    const prefix = "fanwire.json: apps[0].webhooks[0].";
    expect(warningsOf({ apps: [{ ...APP, webhooks }] })).toEqual([
      `${prefix}retry has no effect: this version sends every webhook again as webhooks.retry says`,
      `${prefix}request_timeout_ms has no effect: this version gives every webhook webhooks.request_timeout_ms`,
      `${prefix}headers.content-type has no effect: every request has its own`,
      `${prefix}headers.X-Pusher-Key has no effect: every request has its own`,
    ]);
  });

  test("warns about every header that the server sets itself, in any spelling", () => {
    const names = [...RESERVED_WEBHOOK_HEADERS].map((name) => name.replace(/^./, upper));
    const headers = Object.fromEntries(names.map((name) => [name, "x"]));
    const webhooks = [{ url: URL, headers: { ...headers, "X-Mine": "x" } }];
    expect(warningsOf({ apps: [{ ...APP, webhooks }] })).toEqual(
      names.map(
        (name) =>
          `fanwire.json: apps[0].webhooks[0].headers.${name} has no effect: every request has its own`,
      ),
    );
  });

  test("is printed without possible secrets", () => {
    const printed = printConfig(
      configOf({
        apps: [
          {
            ...APP,
            webhooks: [
              { url: "https://u:s3cret@a.example/?token=s3cret", headers: { A: "s3cret" } },
              { url: "https://a.example?s3cret" },
            ],
          },
        ],
      }),
    );
    expect(printed).not.toContain("s3cret");
    expect(JSON.parse(printed).apps[0].webhooks).toEqual([
      {
        url: "https://<redacted>@a.example/?<redacted>",
        event_types: null,
        filter: { channel_prefix: null, channel_suffix: null, channel_pattern: null },
        headers: { A: "<redacted>" },
      },
      {
        url: "https://a.example?<redacted>",
        event_types: null,
        filter: { channel_prefix: null, channel_suffix: null, channel_pattern: null },
        headers: {},
      },
    ]);
  });

  test("is the same after it is printed and read again", () => {
    const webhooks = [
      { url: URL, event_types: ["cache_miss"], filter: { channel_pattern: "^a\\..*" } },
      { url: URL, filter: { channel_prefix: "x" }, headers: { A: "b" } },
    ];
    const config = configOf({ apps: [{ ...APP, webhooks }] });
    const text = printConfig(config)
      .replace('"secret": "<redacted>"', '"secret": "secret-1"')
      .replace('"A": "<redacted>"', '"A": "b"');
    expect(configOf(text)).toEqual(config);
  });
});

describe("webhooks in a variable", () => {
  const app = {
    SOKETI_DEFAULT_APP_ID: "1",
    SOKETI_DEFAULT_APP_KEY: "key-1",
    SOKETI_DEFAULT_APP_SECRET: "secret-1",
  };

  test("are JSON", () => {
    const text = JSON.stringify([{ url: URL }, { url: URL, event_types: ["cache_miss"] }]);
    const { apps } = configOf({}, { env: { ...app, SOKETI_DEFAULT_APP_WEBHOOKS: text } });
    expect(apps[0]?.webhooks).toEqual([ALL, { ...ALL, events: ["cache_miss"] }]);
  });

  const WRONG: readonly (readonly [text: string, message: string])[] = [
    ["[{]", ': it is not JSON, expected a key in double quotes or "}"'],
    ['{"url":"s3cret"}', " (a group of keys): it must be a list of webhooks"],
    ['[{"url":"s3cret"}]', "[0].url <redacted>: it must be an http or https address"],
    ["https://a/?s3cret", ": it is not JSON, expected a value"],
  ];
  for (const [text, message] of WRONG)
    test(`are refused as ${text}`, () => {
      const lines = errorsOf({}, { env: { ...app, SOKETI_DEFAULT_APP_WEBHOOKS: text } });
      expect(lines).toEqual([`environment: Cannot use SOKETI_DEFAULT_APP_WEBHOOKS${message}`]);
    });
});

function webhooksOf(webhooks: readonly object[]): readonly WebhookEndpoint[] {
  return configOf({ apps: [{ ...APP, webhooks }] }).apps.flatMap((app) => app.webhooks);
}

function upper(text: string): string {
  return text.toUpperCase();
}

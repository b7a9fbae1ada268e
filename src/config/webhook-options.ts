// The table of a webhook's options: the keys of one element of an app's `webhooks`. Addresses and headers may contain
// secrets, so they are never shown completely. webhooks.ts reads the list.

import {
  RESERVED_WEBHOOK_HEADERS,
  WEBHOOK_EVENTS,
  type WebhookEndpoint,
  type WebhookEvent,
} from "../protocol/app.ts";
import { CHANNEL_PATTERN } from "./channel-pattern.ts";
import { dialectsOf, keysOf, withOtherNames } from "./dialects.ts";
import type { KeyIndex } from "./keys.ts";
import { oneOf, refuseType, text, type Kind } from "./kinds.ts";
import { HEADER_NAME } from "./network-kinds.ts";
import { element, isGroup, member, REDACTED, refuse, warn } from "./source-position.ts";
import type { WebhookSettings } from "./settings.ts";
import type { Table } from "./table.ts";

const ADDRESS: Kind<string | undefined> = {
  allowed: "an http or https address",
  read: (value, position) =>
    typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? "")
      ? value
      : // Never shown: an address with one wrong letter may still contain a token.
        refuse(
          { ...position, secret: true },
          { value: "", problem: "it must be an http or https address" },
        ),
  // Addresses often have a token in the query or a password before the host.
  write: (url) =>
    url?.replace(/\/\/[^/?#]*@/, `//${REDACTED}@`).replace(/\?.*$/s, `?${REDACTED}`) ?? null,
};

const EVENT = oneOf(WEBHOOK_EVENTS);

/** Events of Sockudo's webhooks that Pusher does not have. */
const OTHER_EVENT =
  /^(member_updated|message_version_created|annotation_(created|deleted)|ai_(run|turn|stream|cancel)_\w+)$/;

const EVENTS: Kind<readonly WebhookEvent[] | null> = {
  allowed: `a list of ${WEBHOOK_EVENTS.map((name) => JSON.stringify(name)).join(", ")}; empty for all`,
  read(value, position) {
    if (!Array.isArray(value)) return refuseType(value, position, "a list of event names");
    if (value.length === 0) return null;
    return value.flatMap((name: unknown, index) => {
      const here = element(position, index);
      if (typeof name !== "string" || !OTHER_EVENT.test(name)) return EVENT.read(name, here) ?? [];
      warn(here, `this version does not send ${JSON.stringify(name)}`);
      return [];
    });
  },
  write: (events) => events,
};

const NAME_PART = text("a part of a channel's name", /^[^]+$/);

/** The same, but empty text means no condition. */
const PART: Kind<string | null> = {
  allowed: NAME_PART.allowed,
  read: (value, position) => (value === "" ? null : NAME_PART.read(value, position)),
  write: (part) => part,
};

const HEADER_VALUE = text("text without line breaks", /^[\t\x20-\x7e\x80-\xff]*$/);

const HEADERS: Kind<WebhookEndpoint["headers"]> = {
  allowed: "a group of header names with their values",
  read(value, position) {
    if (!isGroup(value)) return refuseType(value, position, "a group of header names with values");
    const headers: (readonly [string, string])[] = [];
    for (const [name, each] of Object.entries(value)) {
      const here = { ...member(position, name), secret: true };
      if (!HEADER_NAME.test(name)) refuse(here, { problem: "no header can have this name" });
      if (RESERVED_WEBHOOK_HEADERS.has(name.toLowerCase())) warn(here, "every request has its own");
      const held = HEADER_VALUE.read(each, here);
      if (held !== undefined) headers.push([name, held]);
    }
    return headers;
  },
  write: (headers) => Object.fromEntries(headers.map(([name]) => [name, REDACTED])),
};

const OWN: Table<WebhookSettings> = {
  url: {
    path: "url",
    kind: ADDRESS,
    default: undefined,
    env: [],
    doc: "Where the events are sent. Required.",
  },
  events: {
    path: "event_types",
    kind: EVENTS,
    default: null,
    env: [],
    doc: "Which events are sent.",
  },
  prefix: {
    path: "filter.channel_prefix",
    kind: PART,
    default: null,
    env: [],
    doc: "Only events of channels whose name begins so. Of several conditions all must hold.",
  },
  suffix: {
    path: "filter.channel_suffix",
    kind: PART,
    default: null,
    env: [],
    doc: "Only events of channels whose name ends so.",
  },
  pattern: {
    path: "filter.channel_pattern",
    kind: CHANNEL_PATTERN,
    default: null,
    env: [],
    doc: "Only events of channels with such a name. A pattern without `*` is the whole name. A text with any of `\\ ^ $ ( ) [ ] { } + ? |` or with `.*` is a regular expression, which may match anywhere in a name unless it has `^` and `$`.",
  },
  headers: {
    path: "headers",
    kind: HEADERS,
    default: [],
    env: [],
    doc: "Headers that the requests have besides the standard ones. Never printed.",
  },
};

/** Every option of a webhook, in the order of the documentation. */
export const WEBHOOK_OPTIONS: Table<WebhookSettings> = withOtherNames(OWN, dialectsOf("webhook"));

/** The keys of a webhook in a file. */
export const WEBHOOK_KEYS: KeyIndex = keysOf("webhook", WEBHOOK_OPTIONS);

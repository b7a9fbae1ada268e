// The table of a webhook's options: the keys of one element of an app's `webhooks`, in the words of Pusher's, Sockudo's
// and soketi's. Addresses and headers may hold secrets, and are never shown whole. The list is read in webhooks.ts.

import {
  RESERVED_WEBHOOK_HEADERS,
  WEBHOOK_EVENTS,
  type ChannelFilter,
  type WebhookEndpoint,
  type WebhookEvent,
} from "../protocol/app.ts";
import { CHANNEL_PATTERN } from "./channel-pattern.ts";
import { feature } from "./inert.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import { oneOf, refuseType, text, type Kind } from "./kinds.ts";
import { HEADER_NAME } from "./network-kinds.ts";
import { element, isGroup, member, REDACTED, refuse, warn } from "./place.ts";
import { optionsOf, type Inert, type Table } from "./table.ts";

/** A webhook as it is configured. */
export interface WebhookSettings extends ChannelFilter {
  readonly url: string | undefined;
  /** Null for all; empty when none of those that were asked for is here. */
  readonly events: readonly WebhookEvent[] | null;
  readonly headers: WebhookEndpoint["headers"];
}

const ADDRESS: Kind<string | undefined> = {
  allowed: "an http or https address",
  read: (value, place) =>
    typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? "")
      ? value
      : // It may be right but for one letter, with a token in it.
        refuse(
          { ...place, secret: true },
          { value: "", problem: "it must be an http or https address" },
        ),
  // A token is often in the query, a password before the host.
  write: (url) =>
    url?.replace(/\/\/[^/?#]*@/, `//${REDACTED}@`).replace(/\?.*$/s, `?${REDACTED}`) ?? null,
};

const NAMESPACES = "has no channel namespaces, channel_prefix may say the same";

const EVENT = oneOf(WEBHOOK_EVENTS);

/** Events of Sockudo's webhooks that are not Pusher's. */
const OTHER_EVENT =
  /^(member_updated|message_version_created|annotation_(created|deleted)|ai_(run|turn|stream|cancel)_\w+)$/;

const EVENTS: Kind<readonly WebhookEvent[] | null> = {
  allowed: `a list of ${WEBHOOK_EVENTS.map((name) => JSON.stringify(name)).join(", ")}; empty for all`,
  read(value, place) {
    if (!Array.isArray(value)) return refuseType(value, place, "a list of event names");
    if (value.length === 0) return null;
    return value.flatMap((name: unknown, index) => {
      const here = element(place, index);
      if (typeof name !== "string" || !OTHER_EVENT.test(name)) return EVENT.read(name, here) ?? [];
      warn(here, `this version does not send ${JSON.stringify(name)}`);
      return [];
    });
  },
  write: (events) => events,
};

const NAME_PART = text("a part of a channel's name", /^[^]+$/);

/** The same, where an empty one demands nothing. */
const PART: Kind<string | null> = {
  allowed: NAME_PART.allowed,
  read: (value, place) => (value === "" ? null : NAME_PART.read(value, place)),
  write: (part) => part,
};

const HEADER_VALUE = text("text without line breaks", /^[\t\x20-\x7e\x80-\xff]*$/);

const HEADERS: Kind<WebhookEndpoint["headers"]> = {
  allowed: "a group of header names with their values",
  read(value, place) {
    if (!isGroup(value)) return refuseType(value, place, "a group of header names with values");
    const headers: (readonly [string, string])[] = [];
    for (const [name, each] of Object.entries(value)) {
      const here = { ...member(place, name), secret: true };
      if (!HEADER_NAME.test(name)) refuse(here, { problem: "no header can have this name" });
      if (RESERVED_WEBHOOK_HEADERS.has(name.toLowerCase())) warn(here, "every request has its own");
      const held = HEADER_VALUE.read(each, here);
      if (held !== undefined) headers.push([name, held]);
    }
    return headers;
  },
  write: (headers) => Object.fromEntries(headers.map(([name]) => [name, REDACTED])),
};

/** Every option of a webhook, in the order of the documentation. */
export const WEBHOOK_OPTIONS: Table<WebhookSettings> = {
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
    aliases: ["filter.channel_name_starts_with"],
    env: [],
    doc: "Only events of channels whose name begins so. Of several conditions all must hold.",
  },
  suffix: {
    path: "filter.channel_suffix",
    kind: PART,
    default: null,
    aliases: ["filter.channel_name_ends_with"],
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

/** Keys that webhooks of other servers have. Leaving out a condition would send more than was asked for. */
export const WEBHOOK_INERT: readonly Inert[] = [
  feature("retry", "sends every webhook again as webhooks.retry says"),
  feature("request_timeout_ms", "gives every webhook webhooks.request_timeout_ms"),
  { ...feature("lambda", "does not invoke AWS Lambda"), refused: true },
  { ...feature("lambda_function", "does not invoke AWS Lambda"), refused: true },
  { ...feature("filter.channel_namespace", NAMESPACES), refused: true },
  { ...feature("filter.channel_namespaces", NAMESPACES), refused: true },
];

/** The keys of a webhook in a file. */
export const WEBHOOK_KEYS: KeyIndex = indexKeys(optionsOf(WEBHOOK_OPTIONS), WEBHOOK_INERT);

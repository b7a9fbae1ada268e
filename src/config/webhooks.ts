// Reads the webhooks of an app from a list in a file or from JSON in a variable. The invariant: no webhook is sent more
// than its author asked for.

import type { WebhookEndpoint } from "../protocol/app.ts";
import { refuseMissing } from "./credentials.ts";
import { jsonFault } from "./json-syntax.ts";
import { givenInObject } from "./keys.ts";
import { refuseType, type Kind } from "./kinds.ts";
import { element, isGroup, member, refuse, warn, type SourcePosition } from "./source-position.ts";
import { readTable, writeTable } from "./table.ts";
import { WEBHOOK_KEYS, WEBHOOK_OPTIONS } from "./webhook-options.ts";

const ALLOWED = "a list of webhooks";

/** A list of webhooks. An invalid one is reported and left out. */
export const WEBHOOKS: Kind<readonly WebhookEndpoint[]> = {
  allowed: `${ALLOWED}, or the same as JSON text`,
  read(value, position) {
    const list = typeof value === "string" ? parsed(value, position) : value;
    if (list === undefined) return undefined;
    if (!Array.isArray(list)) return refuseType(list, position, ALLOWED);
    return list.flatMap(
      (each: unknown, index) => readWebhook(each, element(position, index)) ?? [],
    );
  },
  write: (webhooks) =>
    webhooks.map(({ url, events, filter, headers }) =>
      writeTable(WEBHOOK_OPTIONS, {
        ...filter,
        url,
        events: events.length === 0 ? null : events,
        headers,
      }),
    ),
};

function readWebhook(value: unknown, position: SourcePosition): WebhookEndpoint | undefined {
  if (!isGroup(value)) return refuseType(value, position, "a group with url and event_types");
  const givenValues = givenInObject(WEBHOOK_KEYS, value, position);
  const { url, events, headers, ...filter } = readTable(WEBHOOK_OPTIONS, givenValues);
  if (!givenValues.has("url")) return refuseMissing(member(position, "url"), "webhook");
  if (url === undefined) return undefined;
  // An empty list would mean all events.
  if (events?.length === 0) {
    warn(position, "none of its events is sent");
    return undefined;
  }
  return { url, events: events ?? [], filter, headers };
}

function parsed(text: string, position: SourcePosition): unknown {
  const fault = jsonFault(text);
  if (fault === undefined) return JSON.parse(text);
  return refuse(position, { problem: `it is not JSON, ${fault.problem}` });
}

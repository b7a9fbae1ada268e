// The webhooks of an app, of a file's list or of the JSON in a variable. Nothing here sends one. The invariant:
// a webhook that comes out of here is never told more than its author asked for.

import type { WebhookEndpoint } from "../protocol/app.ts";
import { refuseMissing } from "./credentials.ts";
import { jsonFault } from "./json-syntax.ts";
import { givensOfObject } from "./keys.ts";
import { refuseType, type Kind } from "./kinds.ts";
import { element, isGroup, member, refuse, warn, type Place } from "./place.ts";
import { readTable, writeTable } from "./table.ts";
import { WEBHOOK_KEYS, WEBHOOK_OPTIONS } from "./webhook-options.ts";

const ALLOWED = "a list of webhooks";

/** A list of webhooks; what is wrong with one is reported. */
export const WEBHOOKS: Kind<readonly WebhookEndpoint[]> = {
  allowed: `${ALLOWED}, or the same as JSON text`,
  read(value, place) {
    const list = typeof value === "string" ? parsed(value, place) : value;
    if (list === undefined) return undefined;
    if (!Array.isArray(list)) return refuseType(list, place, ALLOWED);
    return list.flatMap((each: unknown, index) => readWebhook(each, element(place, index)) ?? []);
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

function readWebhook(value: unknown, place: Place): WebhookEndpoint | undefined {
  if (!isGroup(value)) return refuseType(value, place, "a group with url and event_types");
  const givens = givensOfObject(WEBHOOK_KEYS, value, place);
  const { url, events, headers, ...filter } = readTable(WEBHOOK_OPTIONS, givens);
  if (!givens.has("url")) return refuseMissing(member(place, "url"), "webhook");
  if (url === undefined) return undefined;
  // No event at all would mean every event.
  if (events?.length === 0) {
    warn(place, "none of its events is sent");
    return undefined;
  }
  return { url, events: events ?? [], filter, headers };
}

function parsed(text: string, place: Place): unknown {
  const fault = jsonFault(text);
  if (fault === undefined) return JSON.parse(text);
  return refuse(place, { problem: `it is not JSON, ${fault.problem}` });
}

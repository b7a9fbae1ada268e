// Keys of Sockudo's and soketi's apps that have no effect here: accepted, with a warning where one asks for something.

import { feature, isOn, tuning } from "./inert.ts";
import { isGroup } from "./place.ts";
import type { Inert } from "./table.ts";

const FORBIDDING = /^allow_?(subscribe|publish|presence)_?for_?client$/i;

/** Every such key, in the order of the documentation. */
export const APP_INERT: readonly Inert[] = [
  inPolicy("limits", tuning("decay_seconds", [1], "limits client events by the second")),
  inPolicy("limits", feature("terminate_on_limit", "keeps a connection that reaches a limit")),
  inPolicy(
    "limits",
    feature("message_rate_limit", "limits frames by websocket.max_frames_per_second"),
  ),
  inPolicy("channels", {
    ...feature("channel_namespaces", "has no channel namespaces"),
    // Names with colons are taken: without its namespace a channel would be open to those whom it was closed to.
    refused: (value) => Array.isArray(value) && value.some(forbids),
  }),
  inPolicy(
    "channels",
    feature("annotations_enabled", "has no annotations", [
      "SOCKUDO_DEFAULT_APP_ANNOTATIONS_ENABLED",
    ]),
  ),
  inPolicy("", feature("connection_recovery", "does not replay missed events")),
  inPolicy("", feature("history", "keeps no history")),
  inPolicy("", feature("presence_history", "keeps no history")),
];

/** Whether a namespace says what clients may not do. */
function forbids(namespace: unknown): boolean {
  if (!isGroup(namespace)) return false;
  return Object.entries(namespace).some(
    ([key, value]) => FORBIDDING.test(key) && value !== null && !isOn(value),
  );
}

/** A key that Sockudo also has in a group of `policy`. */
function inPolicy(group: string, row: Inert): Inert {
  return { ...row, aliases: [["policy", group, row.path].filter((step) => step !== "").join(".")] };
}

// Keys of Sockudo's and soketi's apps that have no effect here: accepted, with a warning where one asks for something.

import { feature, tuning } from "./inert.ts";
import type { Inert } from "./table.ts";

/** Every such key, in the order of the documentation. */
export const APP_INERT: readonly Inert[] = [
  inPolicy("limits", tuning("decay_seconds", [1], "limits client events by the second")),
  inPolicy("limits", feature("terminate_on_limit", "keeps a connection that reaches a limit")),
  inPolicy(
    "limits",
    feature("message_rate_limit", "limits frames by websocket.max_frames_per_second"),
  ),
  inPolicy("channels", feature("channel_namespaces", "has no channel namespaces")),
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

/** A key that Sockudo also has in a group of `policy`. */
function inPolicy(group: string, row: Inert): Inert {
  return { ...row, aliases: [["policy", group, row.path].filter((step) => step !== "").join(".")] };
}

// The table of what an app says of delta compression on some of its channels: the keys of one element of its
// `channel_delta_compression`. Which channels those are, and the short words for it, is read in channel-delta.ts.

import type { ChannelDelta } from "../protocol/app.ts";
import { ALGORITHM, KEY_COUNT, KEY_PATH } from "./delta-kinds.ts";
import { tuning } from "./inert.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import { flag } from "./kinds.ts";
import { optionsOf, type Inert, type Table } from "./table.ts";

/** The settings of some channels. Null leaves one to the server. */
export type ChannelDeltaSettings = Omit<ChannelDelta, "pattern">;

/** Every option of such channels, in the order of the documentation. */
export const CHANNEL_DELTA_OPTIONS: Table<ChannelDeltaSettings> = {
  enabled: {
    path: "enabled",
    kind: flag(),
    default: true,
    env: [],
    doc: "Whether clients that ask for deltas get them. While `delta_compression.enabled` is false they do not.",
  },
  algorithm: {
    path: "algorithm",
    kind: ALGORITHM,
    default: null,
    env: [],
    doc: "How deltas are written for clients that leave it to the server. Unless given, as `delta_compression.algorithm` says.",
  },
  conflationKey: {
    path: "conflation_key",
    kind: KEY_PATH,
    default: null,
    env: [],
    doc: "Where an event's data says what it is about. Unless given, where `delta_compression.conflation_key_path` says; empty is nowhere.",
  },
  maxKeys: {
    path: "max_conflation_keys",
    kind: KEY_COUNT,
    default: null,
    env: [],
    doc: "Conflation keys of one channel that are followed at once. Unless given, as many as `delta_compression.max_conflation_states_per_channel` says.",
  },
  deliverTags: {
    path: "enable_tags",
    kind: flag(),
    default: null,
    env: [],
    doc: "Whether subscribers get the tags of messages. Unless given, as `tag_filtering.enable_tags` says.",
  },
};

/** Keys that Sockudo's channels have besides. Its usual 10, and the 30 that clients keep, ask for nothing. */
export const CHANNEL_DELTA_INERT: readonly Inert[] = [
  tuning("max_messages_per_key", [10, 30], "keeps one message of each conflation key"),
];

/** The keys of such channels in a file. */
export const CHANNEL_DELTA_KEYS: KeyIndex = indexKeys(
  optionsOf(CHANNEL_DELTA_OPTIONS),
  CHANNEL_DELTA_INERT,
);

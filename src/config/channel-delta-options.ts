// The table of the options for some channels of an app: the keys of one element of `channel_delta_compression`.
// channel-delta.ts reads which channels an element is for, and the words that may stand for it.

import { ALGORITHM, KEY_COUNT, KEY_PATH } from "./delta-kinds.ts";
import { dialectsOf, keysOf, withOtherNames } from "./dialects.ts";
import type { KeyIndex } from "./keys.ts";
import { flag } from "./kinds.ts";
import type { ChannelDeltaSettings } from "./settings.ts";
import type { Table } from "./table.ts";

const OWN: Table<ChannelDeltaSettings> = {
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

/** Every option, in the order of the documentation. */
export const CHANNEL_DELTA_OPTIONS: Table<ChannelDeltaSettings> = withOtherNames(
  OWN,
  dialectsOf("channelDelta"),
);

/** The keys of one element in a file. */
export const CHANNEL_DELTA_KEYS: KeyIndex = keysOf("channelDelta", CHANNEL_DELTA_OPTIONS);

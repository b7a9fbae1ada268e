// The options of delta compression and filters for all channels. The settings for some channels of one app are in
// channel-delta-options.ts.

import type { Algorithm } from "../../protocol/delta-request.ts";
import { ALGORITHM, KEY_COUNT, KEY_PATH } from "../delta-kinds.ts";
import { flag, size, whole } from "../kinds.ts";
import type { Table } from "../table.ts";

/** Delta compression and filters. */
export interface DeltaConfig {
  /** Whether clients that ask for deltas get them. */
  readonly deltaEnabled: boolean;
  /** The algorithm for clients that do not choose one. */
  readonly deltaAlgorithm: Algorithm;
  /** After how many deltas in a row a message is sent whole. */
  readonly deltaFullMessageInterval: number;
  /** The minimum size of messages that are sent as deltas. */
  readonly deltaMinMessageBytes: number;
  /** How long the last message of a conflation key is kept as a base. */
  readonly deltaMaxStateAgeSeconds: number;
  /** The maximum number of channels on which one connection gets deltas. */
  readonly deltaMaxChannelsPerConnection: number;
  /** The maximum number of conflation keys per channel. */
  readonly deltaMaxKeysPerChannel: number;
  /** The dotted path of the conflation key in an event's data. Empty for none. */
  readonly deltaConflationKeyPath: string;
  /** Whether the name of the algorithm is omitted from deltas where it is unambiguous. */
  readonly deltaOmitAlgorithm: boolean;
  /** The maximum size of the state that a new subscriber is sent. */
  readonly deltaMaxSyncBytes: number;
  /** Whether subscriptions may have filters. */
  readonly tagFilteringEnabled: boolean;
  /** Whether subscribers get the tags of messages. */
  readonly tagsDelivered: boolean;
  /** The maximum number of values in one filter. */
  readonly filterMaxValues: number;
  /** The maximum number of characters in the keys and values of one filter. */
  readonly filterMaxTextLength: number;
  /** The maximum memory for the filters of one connection. */
  readonly filterMaxBytesPerConnection: number;
  /** The maximum number of comparisons in the filters of one connection. */
  readonly filterMaxComparisonsPerConnection: number;
  /** The maximum number of comparisons for one message on one channel. */
  readonly filterMaxComparisonsPerChannel: number;
}

/** The rows of `DeltaConfig`. */
export const DELTA_OPTIONS: Table<DeltaConfig> = {
  deltaEnabled: {
    path: "delta_compression.enabled",
    kind: flag(),
    default: true,
    env: ["FANWIRE_DELTA_COMPRESSION_ENABLED"],
    doc: "Whether clients that [ask for deltas](delta.md) get them. All others get whole messages in any case.",
  },
  deltaAlgorithm: {
    path: "delta_compression.algorithm",
    kind: ALGORITHM,
    default: "fossil",
    env: ["FANWIRE_DELTA_COMPRESSION_ALGORITHM"],
    doc: "How deltas are written for clients that leave it to the server. `vcdiff` is another name of `xdelta3`.",
  },
  deltaFullMessageInterval: {
    path: "delta_compression.full_message_interval",
    kind: whole({ min: 1, max: 1_000_000 }),
    default: 100,
    env: ["FANWIRE_DELTA_COMPRESSION_FULL_MESSAGE_INTERVAL"],
    doc: "Deltas in a row, after which a message is sent whole.",
  },
  deltaMinMessageBytes: {
    path: "delta_compression.min_message_size",
    kind: whole({ min: 0, max: 1_073_741_824, unit: "bytes" }),
    default: 100,
    env: ["FANWIRE_DELTA_COMPRESSION_MIN_MESSAGE_SIZE"],
    doc: "Shorter messages are sent whole, and no delta is made to them.",
  },
  deltaMaxStateAgeSeconds: {
    path: "delta_compression.max_state_age_secs",
    kind: whole({ min: 1, max: 31_536_000, unit: "seconds" }),
    default: 300,
    env: ["FANWIRE_DELTA_COMPRESSION_MAX_STATE_AGE_SECS"],
    doc: "How long a message is kept to make the next delta to it. A message that comes later is sent whole.",
  },
  deltaMaxChannelsPerConnection: {
    path: "delta_compression.max_channel_states_per_socket",
    kind: whole({ min: 1, max: 1_000_000 }),
    default: 100,
    env: ["FANWIRE_DELTA_COMPRESSION_MAX_CHANNEL_STATES_PER_SOCKET"],
    doc: "Channels on which one connection gets deltas. On more it gets whole messages.",
  },
  deltaMaxKeysPerChannel: {
    path: "delta_compression.max_conflation_states_per_channel",
    kind: KEY_COUNT,
    default: 100,
    env: ["FANWIRE_DELTA_COMPRESSION_MAX_CONFLATION_STATES_PER_CHANNEL"],
    doc: "Conflation keys of one channel that are followed at once. With one more the key unused longest is forgotten.",
  },
  deltaConflationKeyPath: {
    path: "delta_compression.conflation_key_path",
    kind: KEY_PATH,
    default: "",
    env: ["FANWIRE_DELTA_COMPRESSION_CONFLATION_KEY_PATH"],
    doc: "Where an event's data says what it is about, so that a delta is made to the last message about the same. Empty is nowhere.",
  },
  deltaOmitAlgorithm: {
    path: "delta_compression.omit_delta_algorithm",
    kind: flag(),
    default: false,
    env: ["FANWIRE_DELTA_COMPRESSION_OMIT_DELTA_ALGORITHM"],
    doc: "Whether deltas leave out the name of their algorithm where all subscribers take it for granted: those of `fossil` on channels where nobody has been told of another.",
  },
  deltaMaxSyncBytes: {
    path: "delta_compression.max_sync_kb",
    kind: size("KB", 65_536),
    default: 262_144,
    env: ["FANWIRE_DELTA_COMPRESSION_MAX_SYNC_KB"],
    doc: "The largest state that puts a new subscriber in step at once. Where it would be larger, whole messages do.",
  },
  tagFilteringEnabled: {
    path: "tag_filtering.enabled",
    kind: flag(),
    default: true,
    env: ["FANWIRE_TAG_FILTERING_ENABLED"],
    doc: "Whether subscriptions may have [filters](delta.md#filters), by tags and by names of events.",
  },
  tagsDelivered: {
    path: "tag_filtering.enable_tags",
    kind: flag(),
    default: false,
    env: ["FANWIRE_TAG_FILTERING_ENABLE_TAGS"],
    doc: "Whether subscribers get the tags of messages. Filters work in either case.",
  },
  filterMaxValues: {
    path: "tag_filtering.max_values",
    kind: whole({ min: 1, max: 16_384 }),
    default: 1024,
    env: ["FANWIRE_TAG_FILTERING_MAX_VALUES"],
    doc: "Values that one filter may name, in all its lists together. A filter with more is refused.",
  },
  filterMaxTextLength: {
    path: "tag_filtering.max_text_length",
    kind: whole({ min: 1, max: 1_048_576, unit: "characters" }),
    default: 16_384,
    env: ["FANWIRE_TAG_FILTERING_MAX_TEXT_LENGTH"],
    doc: "Characters of the keys and values of one filter together. A longer filter is refused.",
  },
  filterMaxBytesPerConnection: {
    path: "tag_filtering.max_kb_per_connection",
    kind: size("KB", 1_048_576),
    default: 524_288,
    env: ["FANWIRE_TAG_FILTERING_MAX_KB_PER_CONNECTION"],
    doc: "Memory that all filters of one connection may take, as estimated: about 320 bytes a value. A subscription with one more filter is refused.",
  },
  filterMaxComparisonsPerConnection: {
    path: "tag_filtering.max_comparisons_per_connection",
    kind: whole({ min: 1, max: 1_000_000 }),
    default: 512,
    env: ["FANWIRE_TAG_FILTERING_MAX_COMPARISONS_PER_CONNECTION"],
    doc: "Comparisons in all filters of one connection. A filter that is one `eq` or one `in` is looked up and has none.",
  },
  filterMaxComparisonsPerChannel: {
    path: "tag_filtering.max_comparisons_per_channel",
    kind: whole({ min: 1, max: 10_000_000 }),
    default: 10_000,
    env: ["FANWIRE_TAG_FILTERING_MAX_COMPARISONS_PER_CHANNEL"],
    doc: "Comparisons that one message on a channel may need, for all different filters there. Above it, subscriptions with a filter of more than 8 comparisons are refused.",
  },
};

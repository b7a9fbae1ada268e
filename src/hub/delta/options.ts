// The settings of delta compression: those of the server, and those that apply to one channel.
import type { App, ChannelDelta } from "../../protocol/app.ts";
import type { Algorithm, DeltaRequest } from "../../protocol/delta-request.ts";
import type { FilterLimits } from "../filter-limits.ts";

/** The server's settings. */
export interface DeltaOptions {
  readonly enabled: boolean;
  /** The algorithm for clients that leave the choice to the server. */
  readonly algorithm: Algorithm;
  /** A whole message is sent after this many deltas in a row. */
  readonly fullMessageInterval: number;
  /** Messages shorter than this are always sent whole and never become bases. */
  readonly minMessageBytes: number;
  /** A chain that has not been used for this long is removed. */
  readonly maxStateAgeMs: number;
  /**
   * The maximum number of conflation keys, and so of chains, on one channel. Beyond it the least recently used chain
   * is removed.
   */
  readonly maxKeysPerChannel: number;
  /**
   * The maximum number of channels on which one connection gets deltas. On further channels it gets whole messages.
   */
  readonly maxChannelsPerConnection: number;
  /** A dotted path into an event's data; empty for none. */
  readonly conflationKeyPath: string;
  /**
   * The maximum size of the state that syncs a new subscriber. If the state is larger, the subscriber gets whole
   * messages at first.
   */
  readonly maxSyncBytes: number;
  /** Whether delta frames omit their algorithm. Clients know it from the confirmation. */
  readonly omitAlgorithm: boolean;
  /** Whether subscribers get the tags of messages. */
  readonly deliverTags: boolean;
  /** Whether subscriptions may have filters. */
  readonly filtersEnabled: boolean;
  /** What filters may cost. */
  readonly filters: FilterLimits;
}

/** The settings that apply to one channel. */
export interface ChannelDeltaSettings {
  readonly enabled: boolean;
  readonly algorithm: Algorithm;
  /** The segments of the dotted path; empty for none. */
  readonly keyPath: readonly string[];
  readonly keyName: string;
  readonly maxKeys: number;
  readonly deliverTags: boolean;
}

/**
 * The settings of an app's channels: the app's own, and the server's wherever the app sets nothing. All channels of a
 * pattern share one settings object.
 */
export class ChannelSettings {
  readonly #patterns: readonly (readonly [pattern: string, settings: ChannelDeltaSettings])[];
  readonly #others: ChannelDeltaSettings;

  constructor({ channelDelta }: App, options: DeltaOptions) {
    this.#patterns = channelDelta.map((given) => [given.pattern, settingsOf(given, options)]);
    this.#others = settingsOf({}, options);
  }

  /** The settings of a channel. */
  of(channel: string): ChannelDeltaSettings {
    const found = this.#patterns.find(([pattern]) => matches(pattern, channel));
    return found === undefined ? this.#others : found[1];
  }
}

function settingsOf(given: Partial<ChannelDelta>, options: DeltaOptions): ChannelDeltaSettings {
  const keyName = given.conflationKey ?? options.conflationKeyPath;
  return {
    enabled: options.enabled && given.enabled !== false,
    algorithm: given.algorithm ?? options.algorithm,
    keyPath: keyName === "" ? [] : keyName.split("."),
    keyName,
    maxKeys: given.maxKeys ?? options.maxKeysPerChannel,
    deliverTags: given.deliverTags ?? options.deliverTags,
  };
}

/**
 * The algorithm for a subscription that asks for deltas, or null if it gets none. The client's choice takes
 * precedence, because only the client knows what it can decode; the channel's setting is next.
 */
export function chooseAlgorithm(
  request: DeltaRequest,
  settings: ChannelDeltaSettings,
): Algorithm | null {
  return request.enabled && settings.enabled ? (request.algorithm ?? settings.algorithm) : null;
}

function matches(pattern: string, channel: string): boolean {
  if (pattern.endsWith("*")) return channel.startsWith(pattern.slice(0, -1));
  return pattern.startsWith("*") ? channel.endsWith(pattern.slice(1)) : channel === pattern;
}

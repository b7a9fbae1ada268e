// How delta compression works on this server, and what holds for one channel.
import type { App, ChannelDelta } from "../../protocol/app.ts";
import type { Algorithm, DeltaRequest } from "../../protocol/delta-request.ts";
import type { FilterLimits } from "../filter-limits.ts";

/** The server's settings. */
export interface DeltaOptions {
  readonly enabled: boolean;
  /** For clients that leave it to the server. */
  readonly algorithm: Algorithm;
  /** After so many deltas in a row a whole message is sent. */
  readonly fullMessageInterval: number;
  /** Shorter messages are always sent whole, and do not become bases. */
  readonly minMessageBytes: number;
  /** A chain that nothing was sent on for so long is forgotten. */
  readonly maxStateAgeMs: number;
  /** Conflation keys that are followed at once on one channel; the one unused longest is forgotten. */
  readonly maxKeysPerChannel: number;
  /** Channels on which one connection gets deltas; on more it gets whole messages. */
  readonly maxChannelsPerConnection: number;
  /** Dotted path into an event's data; empty for none. */
  readonly conflationKeyPath: string;
  /** The state that puts a newcomer in step, at most; a larger one is replaced by whole messages. */
  readonly maxSyncBytes: number;
  /** Whether delta frames leave their algorithm out: clients know it from the confirmation. */
  readonly omitAlgorithm: boolean;
  /** Whether subscribers get the tags of messages. */
  readonly deliverTags: boolean;
  /** Whether subscriptions may have filters. */
  readonly filtersEnabled: boolean;
  /** What filters may cost. */
  readonly filters: FilterLimits;
}

/** What holds for one channel. */
export interface ChannelDeltaSettings {
  readonly enabled: boolean;
  readonly algorithm: Algorithm;
  /** The dotted path, split; empty for none. */
  readonly keyPath: readonly string[];
  readonly keyName: string;
  readonly maxKeys: number;
  readonly deliverTags: boolean;
}

/** The settings of an app's channels: its own, and the server's where it says nothing. One object for all channels of a pattern. */
export class ChannelSettings {
  readonly #patterns: readonly (readonly [pattern: string, settings: ChannelDeltaSettings])[];
  readonly #others: ChannelDeltaSettings;

  constructor({ channelDelta }: App, options: DeltaOptions) {
    this.#patterns = channelDelta.map((given) => [given.pattern, settingsOf(given, options)]);
    this.#others = settingsOf({}, options);
  }

  /** Those of the channel. */
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

/** The algorithm for a subscription that wants deltas: the client's choice, since it knows what it can apply, else the channel's. Null when there are none. */
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

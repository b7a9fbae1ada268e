// What clients may cost, from the configuration: the bounds that the hub and the sessions keep.
import type { Config } from "./config/config.ts";
import { DEFAULT_SELECTION_LIMITS } from "./filter/selection.ts";
import type { DeltaOptions } from "./hub/delta/options.ts";
import type { LagLimits } from "./hub/lag/limits.ts";
import { RUNTIME_SLACK_BYTES } from "./server.ts";
import type { RateLimits } from "./session/windows.ts";

/** A client for which this much waits lags: enough for a burst, little enough to be read soon. */
const MAX_LAG_BYTES = 24 * 1024;
/** A client that takes less in its longest lag, half a kilobyte a second, will never catch up. */
const MIN_TAKEN_BYTES = 16 * 1024;
/** More waits than may, and nothing is taken: longer than a network is silent that loses a packet or two. */
const MAX_STALL_MS = 5000;

/** What one connection may do in a second. */
export function rateLimits(config: Config): RateLimits {
  return {
    maxFrames: config.maxFramesPerSecond,
    maxBytes: config.maxBytesPerSecond,
    maxControlFrames: config.maxControlFramesPerSecond,
    maxSubscriptions: config.maxSubscriptionsPerSecond,
    maxAnswerBytes: config.maxAnswerBytesPerSecond,
  };
}

/** What lagging clients may cost. */
export function lagLimits(config: Config): LagLimits {
  return {
    lagBytes: lagBytes(config),
    bufferBytes: config.websocketMaxBackpressureBytes,
    lossBytes: config.websocketMaxBackpressureBytes + RUNTIME_SLACK_BYTES,
    patience: {
      maxLagMs: config.maxLagSeconds * 1000,
      minTakenBytes: MIN_TAKEN_BYTES,
      maxStallMs: MAX_STALL_MS,
    },
    backlogs: {
      maxBytesPerSocket: config.maxLagBytesPerConnection,
      maxBytesPerApp: config.maxLagBytesPerApp,
      maxBytesPerNode: config.maxLagBytesPerNode,
    },
  };
}

/** A socket that begins to lag is found before its buffer has grown from there to the limit. */
export function lookBytes(config: Config): number {
  return (config.websocketMaxBackpressureBytes - lagBytes(config)) / 4;
}

/** How delta compression works, and what filters may cost. */
export function deltaOptions(config: Config): DeltaOptions {
  return {
    enabled: config.deltaEnabled,
    algorithm: config.deltaAlgorithm,
    fullMessageInterval: config.deltaFullMessageInterval,
    minMessageBytes: config.deltaMinMessageBytes,
    maxStateAgeMs: config.deltaMaxStateAgeSeconds * 1000,
    maxKeysPerChannel: config.deltaMaxKeysPerChannel,
    maxChannelsPerConnection: config.deltaMaxChannelsPerConnection,
    conflationKeyPath: config.deltaConflationKeyPath,
    maxSyncBytes: config.deltaMaxSyncBytes,
    omitAlgorithm: config.deltaOmitAlgorithm,
    deliverTags: config.tagsDelivered,
    filtersEnabled: config.tagFilteringEnabled,
    filters: {
      ...DEFAULT_SELECTION_LIMITS,
      maxValueCount: config.filterMaxValues,
      maxTextLength: config.filterMaxTextLength,
      maxBytesPerConnection: config.filterMaxBytesPerConnection,
      maxComparisonsPerConnection: config.filterMaxComparisonsPerConnection,
      maxComparisonsPerChannel: config.filterMaxComparisonsPerChannel,
    },
  };
}

function lagBytes({ websocketMaxBackpressureBytes }: Config): number {
  return Math.min(MAX_LAG_BYTES, Math.floor(websocketMaxBackpressureBytes / 2));
}

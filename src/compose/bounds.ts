// The bounds on what clients may cost, from the configuration; the hub and the sessions enforce them.
import type { Config } from "../config/config.ts";
import { DEFAULT_SELECTION_LIMITS } from "../filter/selection.ts";
import type { DeltaOptions } from "../hub/delta/options.ts";
import type { LagLimits } from "../hub/lag/limits.ts";
import { RUNTIME_SLACK_BYTES } from "../transport/handlers.ts";
import type { RateLimits } from "../session/rate-windows.ts";

/** A client lags when this much waits for it: enough for a burst, little enough to be read soon. */
const MAX_LAG_BYTES = 24 * 1024;
/** A client that takes less than this in its longest lag, half a kilobyte a second, never catches up. */
const MIN_TAKEN_BYTES = 16 * 1024;
/** How long a client with a full buffer may take nothing: longer than a network is silent after losing a packet or two. */
const MAX_STALL_MS = 5000;

/** What one connection may do in a second. */
export function rateLimits(config: Config): RateLimits {
  return {
    maxFrames: config.maxFramesPerSecond,
    maxBytes: config.maxBytesPerSecond,
    maxControlFrames: config.maxControlFramesPerSecond,
    maxSubscriptions: config.maxSubscriptionsPerSecond,
    maxReplyBytes: config.maxAnswerBytesPerSecond,
  };
}

/** What lagging clients may cost. */
export function lagLimits(config: Config): LagLimits {
  return {
    lagBytes: lagBytes(config),
    bufferBytes: config.websocketMaxBackpressureBytes,
    lossBytes: config.websocketMaxBackpressureBytes + RUNTIME_SLACK_BYTES,
    progress: {
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

/** Bytes published between two searches for lagging sockets: few enough to find one before its buffer is full. */
export function searchBytes(config: Config): number {
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

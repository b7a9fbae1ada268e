// Wraps WebSocket constructors: sockets of the Pusher protocol get deltas, all others are unchanged. Wrapping twice has
// the effect of wrapping once with the later options.
import { matchesAny } from "./channel-pattern.ts";
import { DeltaDecoder, type DecoderSettings } from "./decoder.ts";
import { type DeltaSocket, interpose } from "./socket.ts";
import { type DeltaStats, Tally } from "./tally.ts";

/** The options of the shim. */
export interface DeltaOptions {
  /**
   * The channels with deltas: names, or `prefix*`, `*suffix`, `*`. All by default. Channels that begin with
   * `private-encrypted-` never have deltas.
   */
  readonly channels?: readonly string[];
  /** The format of deltas: `compact` for binary frames, the default, or `json` for text frames, which are larger. */
  readonly format?: "compact" | "json";
  /** The maximum memory for the bases of one connection. 64 MiB by default. */
  readonly maxBaseBytes?: number;
  /** Called with the sums over all connections after they have changed, at most once a second. */
  readonly onStats?: (stats: DeltaStats) => void;
}

/** The browser's WebSocket constructor, or a compatible one. */
export type SocketConstructor = new (...given: never[]) => DeltaSocket;

/** An object with a WebSocket constructor: a window or the global object of a worker. */
export interface SocketScope {
  WebSocket: SocketConstructor;
}

const DEFAULT_MAX_BASE_BYTES = 64 * 2 ** 20;
const MAX_MESSAGE_BYTES = 16 * 2 ** 20;
const STATS_INTERVAL_MS = 1000;
/** Matches addresses of the Pusher protocol: `/app/KEY?protocol=7&client=js&…`. */
const PUSHER_URL = /\/app\/[^/?#]+\?(?=(?:[^#]*&)?protocol=\d)(?=(?:[^#]*&)?client=)/;
/** The property in which a wrapped constructor keeps the original. A registered symbol, so that copies of this code share it. */
const WRAPPED: symbol = Symbol.for("fanwire.wrapped");

const sum = new Tally();
const tallies: WeakMap<object, Tally> = new WeakMap();

/**
 * The constructor with deltas. Its sockets are still instances of `Constructor`.
 *
 * They ask for deltas when they subscribe, and dispatch the messages that they would have received without deltas.
 * Servers without delta compression work as before.
 */
export function withDelta<Constructor extends SocketConstructor>(
  Constructor: Constructor,
  options: DeltaOptions = {},
): Constructor {
  const settings = settingsOf(options);
  const { onStats } = options;
  const changed = onStats === undefined ? null : atMostEverySecond(() => onStats(sum.stats()));
  return new Proxy(Constructor, {
    construct(target, given, newTarget) {
      const socket: DeltaSocket = Reflect.construct(wrappedBy(target), given, newTarget);
      if (!PUSHER_URL.test(String(given[0]))) return socket;
      const tally = new Tally(sum, changed);
      tallies.set(socket, tally);
      interpose(socket, (send) => new DeltaDecoder(settings, tally, send));
      return socket;
    },
    get: (target, name) => (name === WRAPPED ? wrappedBy(target) : Reflect.get(target, name)),
  });
}

/** Wraps the WebSocket constructor of a window or a worker, by default that of the current global object. */
export function install(scope: SocketScope = globalThis, options: DeltaOptions = {}): void {
  scope.WebSocket = withDelta(scope.WebSocket, options);
}

/** The counts of one socket, or of all sockets together. Zeros for a socket without deltas. */
export function stats(socket?: object): DeltaStats {
  const tally = socket === undefined ? sum : tallies.get(socket);
  return (tally ?? new Tally()).stats();
}

function settingsOf(options: DeltaOptions): DecoderSettings {
  const { channels = ["*"], format = "compact" } = options;
  return {
    asks: (channel) => !channel.startsWith("private-encrypted-") && matchesAny(channels, channel),
    format,
    maxBaseBytes: options.maxBaseBytes ?? DEFAULT_MAX_BASE_BYTES,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  };
}

/** The original of a wrapped constructor, or the constructor itself if it is not wrapped. */
function wrappedBy(Constructor: SocketConstructor): SocketConstructor {
  return Reflect.get(Constructor, WRAPPED) ?? Constructor;
}

/** Limits `report` to one call a second. The call comes a second after the first change. */
function atMostEverySecond(report: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      report();
    }, STATS_INTERVAL_MS);
  };
}

// Wraps constructors of WebSockets, so that sockets of the Pusher protocol have deltas and all
// others are what they were. A page that is wrapped twice is wrapped once, with the later options.
import { matchesAny } from "./channel-pattern.ts";
import { DeltaDecoder, type DecoderSettings } from "./decoder.ts";
import { type DeltaSocket, interpose } from "./socket.ts";
import { type DeltaStats, Tally } from "./tally.ts";

/** What an application may say. */
export interface DeltaOptions {
  /**
   * The channels to ask deltas of: names, or `prefix*`, `*suffix`, `*`. All by default. Those that
   * begin with `private-encrypted-` never are.
   */
  readonly channels?: readonly string[];
  /** How deltas come: `compact`, as binary frames, by default, or `json`, as text, which takes more. */
  readonly format?: "compact" | "json";
  /** What the texts that deltas build on may take on one connection; 64 MiB by default. */
  readonly maxBaseBytes?: number;
  /** Called with the sum of all connections after it has changed, at most once a second. */
  readonly onStats?: (stats: DeltaStats) => void;
}

/** A constructor of WebSockets: the browser's, or one whose sockets are like the browser's. */
export type SocketConstructor = new (...given: never[]) => DeltaSocket;

/** Where a constructor of WebSockets stands: a window, the global object of a worker. */
export interface SocketScope {
  WebSocket: SocketConstructor;
}

const DEFAULT_MAX_BASE_BYTES = 64 * 2 ** 20;
const MAX_MESSAGE_BYTES = 16 * 2 ** 20;
const STATS_INTERVAL_MS = 1000;
/** `/app/KEY?protocol=7&client=js&…`: nothing but the Pusher protocol has such addresses. */
const PUSHER_URL = /\/app\/[^/?#]+\?(?=(?:[^#]*&)?protocol=\d)(?=(?:[^#]*&)?client=)/;
/** Under this name a wrapped constructor says what it wraps, also to another copy of this code. */
const WRAPPED: symbol = Symbol.for("fanwire.wrapped");

const sum = new Tally();
const tallies: WeakMap<object, Tally> = new WeakMap();

/**
 * The constructor with deltas: what `new` makes is still a socket of `Constructor`.
 *
 * Its sockets ask for deltas in what they send, and hand on the messages that they would have got
 * without them. Servers that know nothing of deltas are not disturbed.
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

/** Wraps the WebSocket of a window or a worker; the one of this code by default. */
export function install(scope: SocketScope = globalThis, options: DeltaOptions = {}): void {
  scope.WebSocket = withDelta(scope.WebSocket, options);
}

/** The counts of a socket, or of all sockets together; zeros for one that has no deltas. */
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

/** What a wrapped constructor wraps; itself when it is not wrapped. */
function wrappedBy(Constructor: SocketConstructor): SocketConstructor {
  return Reflect.get(Constructor, WRAPPED) ?? Constructor;
}

/** Calls `report` a second after the first change, and so on. */
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

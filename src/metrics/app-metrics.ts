// The metrics of apps. Names and labels are those of Sockudo and soketi where these have the same
// metric, so that their dashboards work with another prefix. The set of label values is small and
// fixed: close codes that clients choose freely are counted together, so that no client can add series.
import type { LimitName } from "../protocol/faults.ts";
import type { ChannelKind } from "../protocol/names.ts";
import type { AppFigures, NodeFigures } from "./figures.ts";
import type { Metric, Sample } from "./metric.ts";

/** How the metrics are named and labelled. */
export interface Naming {
  /** Put before every name except those that begin with `process_`; for example `fanwire_`. */
  readonly prefix: string;
  /** The value of the label `port`: the port for clients. */
  readonly port: number;
}

type Labels = Readonly<Record<string, string>>;

interface Row {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly read: (app: AppFigures) => number | readonly Split[];
}

/** A part of an app's figure, with the label that tells it from the other parts. */
type Split = readonly [labels: Labels, value: number];

const ROWS: readonly Row[] = [
  gauge("connected", "Connected sockets", ({ sockets }) => sockets.size),
  counter("new_connections_total", "Connections opened", ({ counters }) => counters.connections),
  counter(
    "new_disconnections_total",
    "Connections closed",
    // Calculated instead of counted, so that opened, closed and connected always agree.
    ({ counters, sockets }) => Math.max(0, counters.connections - sockets.size),
  ),
  counter("connection_closes_total", "Connections closed, by close code", closes),
  gauge(
    "lagging_sockets",
    "Sockets that do not read fast enough",
    ({ laggingCount }) => laggingCount,
  ),
  counter(
    "socket_lags_total",
    "Times that a socket did not read fast enough any more",
    ({ counters }) => counters.lags,
  ),
  counter(
    "slow_consumer_closes_total",
    "Connections closed because they did not read",
    ({ counters }) => counters.slowConsumers,
  ),
  counter(
    "socket_received_bytes",
    "Bytes of frames from clients",
    ({ counters }) => counters.bytesReceived,
  ),
  counter(
    "socket_transmitted_bytes",
    "Bytes of frames handed over for clients",
    ({ counters }) => counters.bytesSent,
  ),
  counter(
    "ws_messages_received_total",
    "Frames from clients",
    ({ counters }) => counters.framesReceived,
  ),
  counter(
    "ws_messages_sent_total",
    "Frames handed over for clients, one for each receiver",
    ({ counters }) => counters.framesSent,
  ),
  counter(
    "delta_compression_bandwidth_saved_bytes",
    "Bytes of whole messages less those of the deltas that were sent instead",
    ({ counters }) => counters.bytesSavedByDeltas,
  ),
  counter(
    "filter_bandwidth_saved_bytes",
    "Bytes of whole messages that subscribers were not sent because of their filters",
    ({ counters }) => counters.bytesSavedByFilters,
  ),
  gauge("buffered_bytes", "Bytes that wait for clients to read them", bufferedBytes),
  counter("http_calls_received_total", "API requests", ({ counters }) => counters.requests),
  counter(
    "http_received_bytes",
    "Bytes of API requests' bodies",
    ({ counters }) => counters.requestBytes,
  ),
  counter(
    "http_transmitted_bytes",
    "Bytes of API answers' bodies",
    ({ counters }) => counters.responseBytes,
  ),
  counter("publications_total", "Events published by API", ({ counters }) => counters.publications),
  counter(
    "idempotency_publish_total",
    "Events published by API with an idempotency key",
    ({ counters }) => counters.keyedPublishes,
  ),
  counter(
    "idempotency_duplicates_total",
    "Repeats of those, which were not published",
    ({ counters }) => counters.repeatedPublishes,
  ),
  counter(
    "client_events_total",
    "Events published by clients",
    ({ counters }) => counters.clientEvents,
  ),
  counter(
    "channel_subscriptions_total",
    "Subscriptions begun",
    ({ counters }) => counters.subscriptions,
  ),
  counter(
    "channel_unsubscriptions_total",
    "Subscriptions ended",
    ({ counters }) => counters.unsubscriptions,
  ),
  gauge("active_channels", "Channels with subscribers, by type", activeChannels),
  gauge("users_online", "Signed-in users with a connection", usersOnline),
];

/** The error types of limits that refuse connections. `origin_not_allowed` is Sockudo's name. */
const CONNECTION_LIMITS: Readonly<Partial<Record<LimitName, string>>> = {
  origin: "origin_not_allowed",
  connections: "over_connection_quota",
  capacity: "over_capacity",
  address_connections: "address_over_quota",
  handshake_rate: "handshake_rate",
};

/** The error types of refusals before the app is known, by close code. `app_not_found` and `app_disabled` are Sockudo's names. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [4001, "app_not_found"],
  [4003, "app_disabled"],
  [4005, "path_not_found"],
  [4006, "invalid_version"],
  [4007, "unsupported_protocol"],
  [4008, "missing_protocol"],
  [4009, "unsupported_token"],
  [4100, "over_capacity"],
]);

/** Close codes with a label of their own: those of the WebSocket protocol and ours. A client could send thousands of others. */
const CLOSE_CODES: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 4000, 4001, 4003,
  4004, 4005, 4006, 4007, 4008, 4009, 4100, 4200, 4201,
]);

/** Sockudo's names, and `user` for channels that belong to one signed-in user. */
const CHANNEL_TYPES = [
  "public",
  "private",
  "private_encrypted",
  "presence",
  "cache",
  "user",
] as const;

/** The metrics of all apps. */
export function appMetrics({ prefix, port }: Naming, node: NodeFigures): readonly Metric[] {
  const metrics = ROWS.map(({ name, help, type, read }): Metric => ({
    name: prefix + name,
    help,
    type,
    aggregator: "sum",
    read: () => [...node.apps()].flatMap((app) => samplesOf(app, port, read(app))),
  }));
  return [...metrics, limitHits({ prefix, port }, node), connectionErrors({ prefix, port }, node)];
}

function counter(name: string, help: string, read: Row["read"]): Row {
  return { name, help, type: "counter", read };
}

function gauge(name: string, help: string, read: Row["read"]): Row {
  return { name, help, type: "gauge", read };
}

function samplesOf({ app }: AppFigures, port: number, read: ReturnType<Row["read"]>): Sample[] {
  const labels = { app_id: app.id, port: String(port) };
  if (typeof read === "number") return [{ labels, value: read }];
  return read.map(([more, value]) => ({ labels: { ...labels, ...more }, value }));
}

function closes({ counters }: AppFigures): readonly Split[] {
  const byCode = new Map<string, number>();
  for (const [code, count] of counters.closes)
    add(byCode, CLOSE_CODES.has(code) ? String(code) : "other", count);
  return splits("code", byCode);
}

function limitHits({ prefix, port }: Naming, node: NodeFigures): Metric {
  return {
    name: `${prefix}limit_hits_total`,
    help: "Refusals because of a limit; without an app id when it is the node's",
    type: "counter",
    aggregator: "sum",
    read: () => [
      ...[...node.apps()].flatMap((app) =>
        samplesOf(app, port, splits("limit", app.counters.limits)),
      ),
      ...samplesOfNode(port, splits("limit", node.limits)),
    ],
  };
}

function bufferedBytes({ sockets }: AppFigures): number {
  let sum = 0;
  for (const socket of sockets.values()) sum += socket.bufferedBytes;
  return sum;
}

function usersOnline({ users }: AppFigures): number {
  let count = 0;
  for (const user of users.values()) if (user.isHere) count++;
  return count;
}

function activeChannels({ channels }: AppFigures): readonly Split[] {
  // A type without channels is reported as 0, because alerts on a series that disappears do not work.
  const byType = new Map<string, number>(CHANNEL_TYPES.map((type) => [type, 0]));
  for (const { kind } of channels.values()) add(byType, channelType(kind), 1);
  return splits("channel_type", byType);
}

function channelType(kind: ChannelKind): (typeof CHANNEL_TYPES)[number] {
  if (kind.user) return "user";
  if (kind.cached) return "cache";
  if (kind.encrypted) return "private_encrypted";
  if (kind.presence) return "presence";
  return kind.authorised ? "private" : "public";
}

function connectionErrors({ prefix, port }: Naming, node: NodeFigures): Metric {
  return {
    name: `${prefix}connection_errors_total`,
    help: "Connections refused, by reason; without an app id when the app was not known yet",
    type: "counter",
    aggregator: "sum",
    read: () => [
      ...[...node.apps()].flatMap((app) => samplesOf(app, port, refusedOf(app))),
      ...samplesOfNode(port, refusedBefore(node)),
    ],
  };
}

function samplesOfNode(port: number, read: readonly Split[]): Sample[] {
  return read.map(([more, value]) => ({
    labels: { app_id: "", port: String(port), ...more },
    value,
  }));
}

function refusedOf({ counters }: AppFigures): readonly Split[] {
  return splits("error_type", refusedByLimit(counters.limits));
}

function refusedByLimit(limits: ReadonlyMap<LimitName, number>): Map<string, number> {
  const byType = new Map<string, number>();
  for (const [limit, count] of limits) {
    const type = CONNECTION_LIMITS[limit];
    if (type !== undefined) add(byType, type, count);
  }
  return byType;
}

function refusedBefore({ refusals, limits }: NodeFigures): readonly Split[] {
  const byType = refusedByLimit(limits);
  for (const [code, count] of refusals) add(byType, REFUSALS.get(code) ?? "other", count);
  return splits("error_type", byType);
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function splits(label: string, counts: ReadonlyMap<string, number>): readonly Split[] {
  return [...counts].map(([key, value]) => [{ [label]: key }, value]);
}

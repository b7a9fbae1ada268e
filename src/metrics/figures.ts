// What the metrics read: views of a node's own structures, reduced to the members that metrics need.
// Metrics write to none of them, and no name of a channel, socket or user becomes part of a metric.
import type { Counters } from "../hub/counters.ts";
import type { App } from "../protocol/app.ts";
import type { LimitName } from "../protocol/faults.ts";
import type { ChannelKind } from "../protocol/names.ts";
import type { PublishLatency } from "./histogram.ts";
import type { LoopLag } from "./loop-lag.ts";

/** What metrics read of a node. */
export interface NodeFigures {
  /** All apps that have had a connection or a request. */
  readonly apps: () => Iterable<AppFigures>;
  /** Connections that were refused before their app was known, by close code. */
  readonly refusals: ReadonlyMap<number, number>;
  /** Limits of the node that were hit. */
  readonly limits: ReadonlyMap<LimitName, number>;
  /** Refused connections whose descriptors may still be open. */
  readonly refusedHeld: () => number;
  readonly publishLatency: PublishLatency;
  readonly loopLag: LoopLag;
  /** Null without webhooks. */
  readonly webhooks: WebhookFigures | null;
  /** Null for a node that runs alone. */
  readonly cluster: (() => ClusterFigures) | null;
}

/** A node among others. The names of the metrics say what the members are. */
export interface ClusterFigures {
  readonly isConnected: boolean;
  readonly isSettled: boolean;
  readonly peerCount: number;
  readonly unreachableCount: number;
  readonly topics: number;
  readonly keys: number;
  readonly received: number;
  readonly sent: number;
  readonly unknown: number;
  readonly losses: number;
  readonly pulls: number;
  readonly duplicates: number;
  readonly missed: number;
  readonly unsent: number;
  readonly partialAnswers: number;
}

/** An app: its counters and its present state. */
export interface AppFigures {
  readonly app: Pick<App, "id">;
  readonly counters: Counters;
  readonly sockets: ReadonlyMap<string, SocketFigures>;
  /** Channels with subscribers. */
  readonly channels: ReadonlyMap<string, ChannelFigures>;
  readonly users: ReadonlyMap<string, UserFigures>;
  /** Sockets that were taken off their topics because they do not read fast enough. */
  readonly laggingCount: number;
}

/** A connected socket. */
export interface SocketFigures {
  /** Bytes that the client has not read yet. */
  readonly bufferedBytes: number;
}

/** A channel. */
export interface ChannelFigures {
  readonly kind: ChannelKind;
}

/** A user who is signed in or watched. */
export interface UserFigures {
  readonly isHere: boolean;
}

/** The sender of webhooks. */
export interface WebhookFigures {
  readonly counters: WebhookTotals;
  /** Events that are queued or being posted. */
  readonly depth: number;
}

/** The counters of webhooks, which only grow. */
export interface WebhookTotals {
  /** Deliveries that an endpoint accepted. */
  readonly delivered: number;
  /** Attempts after a delivery's first. */
  readonly retries: number;
  /** Deliveries given up. */
  readonly deadLettered: number;
  /** Events dropped for lack of room, by event name. */
  readonly droppedByKind: ReadonlyMap<string, number>;
  readonly droppedEvents: number;
  /** Events that were cancelled or replaced by another before they were sent. */
  readonly withdrawnEvents: number;
  /** Attempts by outcome. `refused`: nothing was sent, because the target is not allowed. */
  readonly outcomes: ReadonlyMap<string, number>;
}

// What the metrics read: the structures of a node as they are, seen with only what is needed of
// them. Nothing here is written to, and no name of a channel, socket or user goes into a metric.
import type { Counters } from "../hub/counters.ts";
import type { App } from "../protocol/app.ts";
import type { LimitName } from "../protocol/faults.ts";
import type { ChannelKind } from "../protocol/names.ts";
import type { PublishLatency } from "./histogram.ts";
import type { LoopLag } from "./loop-lag.ts";

/** A node. */
export interface NodeFigures {
  /** All apps that have had a connection or a request. */
  readonly apps: () => Iterable<AppFigures>;
  /** Connections that were refused before their app was known, by close code. */
  readonly refusals: ReadonlyMap<number, number>;
  /** Limits of the node that were hit. */
  readonly limits: ReadonlyMap<LimitName, number>;
  /** Refused connections that may not have ended yet. */
  readonly refusedHeld: () => number;
  readonly publishLatency: PublishLatency;
  readonly loopLag: LoopLag;
  /** Null when nothing can send webhooks. */
  readonly webhooks: WebhookFigures | null;
}

/** An app: its counters, and what there is of it at this moment. */
export interface AppFigures {
  readonly app: Pick<App, "id">;
  readonly counters: Counters;
  readonly sockets: ReadonlyMap<string, SocketFigures>;
  /** The channels with subscribers. */
  readonly channels: ReadonlyMap<string, ChannelFigures>;
  readonly users: ReadonlyMap<string, UserFigures>;
  /** The sockets that were taken off their topics, since they do not read fast enough. */
  readonly lags: { readonly size: number };
}

/** A connected socket. */
export interface SocketFigures {
  /** Bytes that wait for the client to read. */
  readonly bufferedBytes: number;
}

/** A channel. */
export interface ChannelFigures {
  readonly kind: ChannelKind;
}

/** A user who has signed in or is watched. */
export interface UserFigures {
  readonly online: boolean;
}

/** The sender of webhooks. */
export interface WebhookFigures {
  readonly counters: WebhookTotals;
  /** Events that wait to be sent, or are being sent. */
  readonly depth: number;
}

/** What has become of webhooks. The numbers only grow. */
export interface WebhookTotals {
  /** Taken by an endpoint. */
  readonly delivered: number;
  /** Attempts after a webhook's first. */
  readonly retries: number;
  /** Given up. */
  readonly deadLettered: number;
  /** Events that were thrown away, since there was no room for them, by their names. */
  readonly droppedByKind: ReadonlyMap<string, number>;
  readonly droppedEvents: number;
  /** Events of which no endpoint need be told any more, since another undid or replaced them in time. */
  readonly withdrawnEvents: number;
  /** Attempts, by how they ended; `refused` are those that were not made, since the target is not allowed. */
  readonly outcomes: ReadonlyMap<string, number>;
}

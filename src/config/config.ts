// What the server is configured with, once it is read: typed, with units in the names, every default filled in.
// Not how it is read or documented: that comes from the table in options.ts, which has a row for each member.

import type { App } from "../protocol/app.ts";

/** The whole configuration. Defaults, bounds and names are in the table, one row a member. */
export interface Config {
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 lets the system choose one. */
  readonly port: number;
  /** Processes that share the port; "auto" is one for each core. */
  readonly workers: number | "auto";
  /** What every path begins with: empty, or `/path` without a slash at the end. */
  readonly pathPrefix: string;
  /** Silence after which a client is pinged, and what clients are told at the start. */
  readonly activityTimeoutSeconds: number;
  /** How long a pinged client has to answer. */
  readonly pongTimeoutSeconds: number;
  /** How long a stopping server waits for its connections to end. */
  readonly shutdownGracePeriodMs: number;
  /** The largest frame that a client may send. */
  readonly websocketMaxPayloadBytes: number;
  /** What may wait in one socket's send buffer before the socket counts as slow. */
  readonly websocketMaxBackpressureBytes: number;
  /** The largest body of an HTTP request. */
  readonly httpRequestLimitBytes: number;
  /** What connects this server to others: nothing yet. */
  readonly adapterDriver: "local";
  /** The apps, with distinct ids and keys; empty when none is configured. */
  readonly apps: readonly App[];
}

// What the primary and its workers say to one another, besides publications.
import type { Config } from "../config/config.ts";
import type { Snapshot } from "../metrics/metric.ts";
import type { BusInvitation } from "./worker-bus.ts";

/** What a worker is to serve. */
export interface StartOrder extends BusInvitation {
  readonly kind: "start";
  /** Which worker it is, from 1 on. */
  readonly worker: number;
  /** Its share of the configuration. */
  readonly config: Config;
}

/** From the primary to a worker. */
export type Order =
  | StartOrder
  /** Send all clients elsewhere and end. `goesOn` is whether another server may listen on the port. */
  | { readonly kind: "drain"; readonly goesOn: boolean }
  /** Load the certificate again, and answer. */
  | { readonly kind: "renew"; readonly question: number }
  /** Answer with the metrics. */
  | { readonly kind: "figures"; readonly question: number };

/** From a worker to the primary. */
export type Report =
  /** It can take orders. */
  | { readonly kind: "ready" }
  | { readonly kind: "listening"; readonly port: number; readonly capacity: number }
  /** It cannot serve, and ends. The problem is a sentence. */
  | { readonly kind: "failed"; readonly problem: string }
  /** `failure` is null when the certificate was renewed. */
  | { readonly kind: "renewed"; readonly question: number; readonly failure: string | null }
  | { readonly kind: "figures"; readonly question: number; readonly snapshot: Snapshot };

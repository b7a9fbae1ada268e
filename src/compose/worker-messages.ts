// What the primary and its workers say to one another, besides publications.
import type { LocalBusPlace } from "../cluster/local/client.ts";
import type { Config } from "../config/config.ts";
import type { Snapshot } from "../metrics/metric.ts";

/** From the primary to a worker. */
export type Order =
  | {
      readonly kind: "start";
      /** Which worker it is, from 1 on. */
      readonly worker: number;
      /** Its share of the configuration. */
      readonly config: Config;
      /** The local bus, and the folder of its socket; null with a broker. */
      readonly bus: LocalBusPlace | null;
      readonly folder: string | null;
    }
  /** Send all clients elsewhere and end. */
  | { readonly kind: "drain" }
  /** Load the certificate again, and answer. */
  | { readonly kind: "renew"; readonly question: number }
  /** Answer with the metrics. */
  | { readonly kind: "figures"; readonly question: number };

/** From a worker to the primary. */
export type Report =
  /** It can take orders. */
  | { readonly kind: "ready" }
  | { readonly kind: "listening"; readonly port: number; readonly capacity: number }
  /** It cannot serve, and ends. `place` is where it could not listen. */
  | { readonly kind: "failed"; readonly place: string; readonly reason: string }
  /** `failure` is null when the certificate was renewed. */
  | { readonly kind: "renewed"; readonly question: number; readonly failure: string | null }
  | { readonly kind: "figures"; readonly question: number; readonly snapshot: Snapshot };

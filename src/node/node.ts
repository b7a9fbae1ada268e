// A node: the hub, and everything around it that may have to wait. The use cases are in the other
// files of this folder. Sessions and routes call those, and never call the hub directly where
// something could have to wait.
import type { AppHub } from "../hub/app-hub.ts";
import type { Hub } from "../hub/hub.ts";
import { type Arrival, publishFromNode } from "../hub/publish.ts";
import type { LiveApps } from "./apps.ts";
import type { Cluster } from "./cluster.ts";
import type { Deadlines } from "./deadlines.ts";
import { Openings } from "./openings.ts";
import { PendingSubscriptions } from "./pending.ts";

/** What a node is made of. */
export interface NodeParts {
  readonly hub: Hub;
  readonly apps: LiveApps;
  readonly deadlines: Deadlines;
  /** Null if the node runs alone. */
  readonly cluster: Cluster | null;
  /** Called when the cluster has failed to do something. It must return at once. */
  readonly report: (error: unknown) => void;
}

/** The node of this process. */
export class Node {
  readonly hub: Hub;
  readonly apps: LiveApps;
  readonly deadlines: Deadlines;
  readonly cluster: Cluster | null;
  readonly report: (error: unknown) => void;
  /** Null if the node runs alone; then every channel can be subscribed to at once. */
  readonly openings: Openings | null;
  readonly pending: PendingSubscriptions | null;
  /** True when the node is about to stop and sends all clients elsewhere. */
  draining: boolean = false;

  constructor({ hub, apps, deadlines, cluster, report }: NodeParts) {
    this.hub = hub;
    this.apps = apps;
    this.deadlines = deadlines;
    this.cluster = cluster;
    this.report = report;
    this.openings = cluster === null ? null : new Openings(cluster, deadlines, report);
    this.pending = this.openings === null ? null : new PendingSubscriptions(this.openings);
  }

  /** Takes a publication from another node, for one channel. It is kept if the channel is still being opened. */
  arrived(hub: AppHub, arrival: Arrival): void {
    const [channel = ""] = arrival.publication.channels;
    if (hub.channels.has(channel)) publishFromNode(hub, arrival);
    else this.openings?.keep(hub, channel, arrival);
  }

  /** Does the periodic work. To be called about once a second. */
  tick(): void {
    this.deadlines.tick();
    this.cluster?.tick();
    this.hub.tick();
  }
}

// A node: the hub, and around it everything that may have to wait. The use cases stand beside this file;
// sessions and routes call them, and never the hub where something could wait.
import type { AppHub } from "../hub/app-hub.ts";
import type { Hub } from "../hub/hub.ts";
import { publish } from "../hub/publish.ts";
import type { Publication } from "../protocol/publication.ts";
import type { LiveApps } from "./apps.ts";
import type { Cluster } from "./cluster.ts";
import type { Deadlines } from "./deadlines.ts";
import { Openings } from "./openings.ts";
import { Prospects } from "./prospects.ts";

/** What a node is made of. */
export interface NodeParts {
  readonly hub: Hub;
  readonly apps: LiveApps;
  readonly deadlines: Deadlines;
  /** Null alone. */
  readonly cluster: Cluster | null;
  /** Told of what the cluster failed to do; it must return at once. */
  readonly report: (error: unknown) => void;
}

/** The node of this process. */
export class Node {
  readonly hub: Hub;
  readonly apps: LiveApps;
  readonly deadlines: Deadlines;
  readonly cluster: Cluster | null;
  readonly report: (error: unknown) => void;
  /** Null alone: then every channel can be entered at once. */
  readonly openings: Openings | null;
  readonly prospects: Prospects | null;
  /** Set when the node is about to stop: all clients are sent elsewhere. */
  draining: boolean = false;

  constructor({ hub, apps, deadlines, cluster, report }: NodeParts) {
    this.hub = hub;
    this.apps = apps;
    this.deadlines = deadlines;
    this.cluster = cluster;
    this.report = report;
    this.openings = cluster === null ? null : new Openings(cluster, deadlines);
    this.prospects = this.openings === null ? null : new Prospects(this.openings);
  }

  /** Takes a publication from another node, for one channel. It waits when the channel is just opening. */
  arrived(hub: AppHub, publication: Publication): void {
    const [channel = ""] = publication.channels;
    if (hub.channels.has(channel)) publish(hub, publication);
    else this.openings?.keep(hub, channel, publication);
  }

  /** Does what is due: to be called about once a second. */
  tick(): void {
    this.deadlines.tick();
    this.hub.tick();
  }
}

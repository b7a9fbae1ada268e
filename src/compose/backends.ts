// The concrete backends of a node: the only file that names them.
import type { Apps } from "../apps/apps.ts";
import { memoryApps } from "../apps/memory.ts";
import type { OpenBus } from "../cluster/bus.ts";
import { type LocalBusPlace, localBus } from "../cluster/local/client.ts";
import type { Config } from "../config/config.ts";
import { FossilEncoder } from "../delta/fossil.ts";
import { VcdiffEncoder } from "../delta/vcdiff.ts";
import type { Encoders } from "../hub/delta/outgoing.ts";
import type { Cluster } from "../node/cluster.ts";
import { systemClock } from "../queue/clock.ts";
import { MemoryQueue } from "../queue/memory.ts";
import type { Queue } from "../queue/queue.ts";
import type { Delivery } from "../webhook/delivery.ts";

/** What a node rests on. */
export interface Backends {
  /** Where apps are looked up. */
  readonly apps: Apps;
  /** Where webhooks wait for their delivery. */
  readonly webhookQueue: Queue<Delivery>;
  /** What makes deltas, by algorithm. */
  readonly encoders: Encoders;
  /** The other nodes; null for a node that runs alone. */
  readonly cluster: Cluster | null;
  /** What carries messages to the other nodes; null for a node that runs alone. */
  readonly openBus: OpenBus | null;
}

/** The backends that the configuration names. `place` is where a worker finds the bus of its machine. */
export function backendsOf(config: Config, place: LocalBusPlace | null = null): Backends {
  return {
    apps: memoryApps(config.apps),
    webhookQueue: new MemoryQueue<Delivery>(systemClock),
    encoders: { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() },
    cluster: null,
    openBus: place === null ? null : localBus(place),
  };
}

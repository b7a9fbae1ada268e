// The concrete backends of a node: the only file that names them.
import type { Apps } from "../apps/apps.ts";
import { memoryApps } from "../apps/memory.ts";
import type { Config } from "../config/config.ts";
import { FossilEncoder } from "../delta/fossil.ts";
import { VcdiffEncoder } from "../delta/vcdiff.ts";
import type { Encoders } from "../hub/delta/outgoing.ts";
import { systemClock } from "../queue/clock.ts";
import { MemoryQueue } from "../queue/memory.ts";
import type { Queue } from "../queue/queue.ts";
import type { Delivery } from "../webhook/delivery.ts";

/** Where apps are looked up. */
export function appStore(config: Config): Apps {
  return memoryApps(config.apps);
}

/** Where webhooks wait for their delivery. */
export function webhookQueue(): Queue<Delivery> {
  return new MemoryQueue<Delivery>(systemClock);
}

/** What makes deltas, by algorithm. */
export function deltaEncoders(): Encoders {
  return { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() };
}

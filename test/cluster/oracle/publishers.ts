// Publishers over the signed HTTP API. Each waits for an answer before it publishes again, and takes any node
// that is up each time.
import { Random } from "../../fault/random.ts";
import type { Journal } from "./journal.ts";
import { Lane } from "./lane.ts";
import type { AnsweringNode } from "./views.ts";

/** A node that is not always up. */
export interface LivingNode extends AnsweringNode {
  readonly isUp: boolean;
}

/** What publishers do together. */
export interface Traffic {
  readonly channels: readonly string[];
  readonly publisherCount: number;
  readonly perSecond: number;
}

/** Publishers that run until they are stopped. */
export class Publishers {
  readonly #runs: readonly Promise<void>[];
  #isStopped = false;

  constructor(journal: Journal, nodes: readonly LivingNode[], traffic: Traffic) {
    this.#runs = Array.from({ length: traffic.publisherCount }, (_, index) =>
      this.#run(journal, nodes, traffic, index),
    );
  }

  /** Waits for the last answers. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#runs);
  }

  async #run(
    journal: Journal,
    nodes: readonly LivingNode[],
    { channels, publisherCount, perSecond }: Traffic,
    index: number,
  ): Promise<void> {
    const random = new Random(index + 1000);
    const lanes = new Map<LivingNode, Lane>();
    const everyMs = (1000 * publisherCount) / perSecond;
    let nextMs = performance.now() + random.below(Math.ceil(everyMs));
    while (!this.#isStopped) {
      await Bun.sleep(Math.max(0, nextMs - performance.now()));
      // Time that an answer took is not made up for.
      nextMs = Math.max(nextMs + everyMs, performance.now());
      const up = nodes.filter(({ isUp }) => isUp);
      const node = up[random.below(Math.max(1, up.length))];
      const channel = channels[random.below(channels.length)];
      if (node === undefined || channel === undefined) continue;
      const present = lanes.get(node);
      const lane =
        present === undefined || present.isBroken ? new Lane(`p${index}`, node) : present;
      lanes.set(node, lane);
      await lane.publish(journal, channel);
    }
    for (const lane of lanes.values()) lane.close();
  }
}

// Publishers over the signed HTTP API. Each waits for an answer before it publishes again, takes any node
// that is up each time, and numbers what it gives to each node.
import { call } from "../../harness/api.ts";
import { resource } from "../../harness/target.ts";
import { Random } from "../../fault/random.ts";
import type { Journal } from "./journal.ts";
import type { AnsweringNode } from "./views.ts";

/** A node that is not always up. */
export interface LivingNode extends AnsweringNode {
  readonly isUp: boolean;
}

/** A publisher gives a node up that has not answered by then. */
const GIVE_UP_MS = 5000;

/** What publishers do together. */
export interface Traffic {
  readonly channels: readonly string[];
  readonly publisherCount: number;
  readonly perSecond: number;
  /** Members of each message's data beside the lane and the number. */
  readonly padding?: string;
}

/** Publishes to one channel by way of one node, and waits for the answer. */
export async function publishOnce(
  journal: Journal,
  node: AnsweringNode,
  lane: string,
  number: number,
  channel: string,
  padding = "",
): Promise<number> {
  const sending = journal.sends({ lane, number, channel, node: node.name, sender: null });
  const data = JSON.stringify({ lane, number, padding });
  const body = JSON.stringify({ name: "tick", channel, data });
  try {
    const path = resource("/events");
    const response = await call(node.server, "POST", path, { body, giveUpMs: GIVE_UP_MS });
    await response.text();
    sending.status = response.status;
  } catch {
    sending.status = 0;
  }
  sending.answeredMs = performance.now();
  return sending.status;
}

/** Publishers that run until they are stopped. */
export class Publishers {
  readonly #runs: readonly Promise<void>[];
  #isStopped = false;

  constructor(journal: Journal, nodes: readonly LivingNode[], traffic: Traffic, seed = 1) {
    this.#runs = Array.from({ length: traffic.publisherCount }, (_, index) =>
      this.#run(journal, nodes, traffic, index, seed),
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
    traffic: Traffic,
    index: number,
    seed: number,
  ): Promise<void> {
    const random = new Random(seed * 1000 + index + 1);
    const numbers = new Map<string, number>();
    const everyMs = (1000 * traffic.publisherCount) / traffic.perSecond;
    let nextMs = performance.now() + random.below(Math.ceil(everyMs));
    while (!this.#isStopped) {
      await Bun.sleep(Math.max(0, nextMs - performance.now()));
      // Time that an answer took is not made up for.
      nextMs = Math.max(nextMs + everyMs, performance.now());
      const up = nodes.filter(({ isUp }) => isUp);
      const node = up[random.below(Math.max(1, up.length))];
      const channel = traffic.channels[random.below(traffic.channels.length)];
      if (node === undefined || channel === undefined) continue;
      const lane = `p${index}@${node.name}`;
      const number = numbers.get(lane) ?? 0;
      numbers.set(lane, number + 1);
      await publishOnce(journal, node, lane, number, channel, traffic.padding);
    }
  }
}

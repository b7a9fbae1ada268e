// A node of the contract suite: a bus, and what it has told.
import { until } from "../harness/deadline.ts";
import type { Scope } from "../harness/scope.ts";
import type { Bus, OpenBus } from "../../src/cluster/bus.ts";

let count = 0;

/** A bus with what has come from it. */
export class BusNode {
  readonly messages: (readonly [topic: string, text: string])[] = [];
  /** What the bus has told of its connection, in order. */
  readonly changes: ("lost" | "regained")[] = [];
  readonly reasons: string[] = [];
  bus: Bus;

  private constructor() {
    this.bus = NOT_OPEN;
  }

  /** Opens a bus that is closed when the scope ends. */
  static async open(scope: Scope, open: OpenBus): Promise<BusNode> {
    const node = new BusNode();
    node.bus = await open({
      nodeId: `node${++count}x${process.pid}`,
      message: (topic, text) => void node.messages.push([topic, text]),
      lost: (reason) => {
        node.changes.push("lost");
        node.reasons.push(reason);
      },
      regained: () => void node.changes.push("regained"),
      gone: () => undefined,
    });
    scope.add(() => node.bus.close());
    return node;
  }

  /** The texts that have come on a topic. */
  on(topic: string): readonly string[] {
    return this.messages.filter(([on]) => on === topic).map(([, text]) => text);
  }

  /** Waits for so many messages on a topic, and returns the texts of all. */
  async has(topic: string, messageCount: number): Promise<readonly string[]> {
    await until(
      () => this.on(topic).length >= messageCount,
      `${messageCount} messages on ${topic}`,
    );
    return this.on(topic);
  }

  /** Waits until the last change is this one. */
  async says(change: "lost" | "regained"): Promise<void> {
    await until(() => this.changes.at(-1) === change, `"${change}"`);
  }
}

const NOT_OPEN: Bus = {
  publish: () => false,
  join: () => Promise.reject(new Error("Cannot join: the bus is not open")),
  leave: () => undefined,
  probe: () => Promise.reject(new Error("Cannot probe: the bus is not open")),
  reconnect: () => undefined,
  close: () => Promise.resolve(),
};

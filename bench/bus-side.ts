// A worker's process of the bench of the local bus: it joins, sends and receives as it is ordered. Started by bus.ts.

import type { Bus } from "../src/cluster/bus.ts";
import { localBus } from "../src/cluster/local/client.ts";

/** Bytes of a message. */
export const MESSAGE_BYTES = 250;
/** Messages a second at the steady rate. */
export const STEADY_PER_SECOND = 20_000;
/** The topic of all messages. */
export const TOPIC = "1 private-orders-12345";

/** Messages that may be on their way in a flood: enough to keep all three processes busy. */
const WINDOW = 20_000;
const CREDIT = WINDOW / 4;
const PER_TURN = 500;
const CREDIT_TOPIC = "credit";

/** From bus.ts to a side. */
export type Order =
  | { readonly kind: "join"; readonly topics: readonly string[] }
  | { readonly kind: "join many"; readonly prefix: string; readonly count: number }
  | { readonly kind: "receive"; readonly count: number; readonly isTimed: boolean }
  | { readonly kind: "flood"; readonly count: number }
  | { readonly kind: "steady"; readonly count: number };

/** From a side to bus.ts. `latenciesUs` is empty when they were not measured. */
export type Report =
  { readonly kind: "ready" } | { readonly kind: "received"; readonly latenciesUs: Float64Array };

class Side {
  #bus: Bus | null = null;
  #credit = 0;
  #expected = 0;
  #received = 0;
  #latenciesUs = new Float64Array(0);

  async open(path: string, token: string): Promise<void> {
    this.#bus = await localBus({ path, token })({
      nodeId: token,
      lost: (reason) => {
        throw new Error(`Cannot measure: the bus is lost, ${reason}`);
      },
      regained: () => {},
      gone: () => {},
      message: (topic, text) => this.#take(topic, text),
    });
    process.on("message", (order: Order) => void this.#obey(order));
    report({ kind: "ready" });
  }

  async #obey(order: Order): Promise<void> {
    switch (order.kind) {
      case "join":
        await this.#join(order.topics);
        break;
      case "join many":
        await this.#join(
          Array.from({ length: order.count }, (_, index) => `${order.prefix}${index}`),
        );
        break;
      case "receive":
        this.#received = 0;
        this.#expected = order.count;
        this.#latenciesUs = new Float64Array(order.isTimed ? order.count : 0);
        break;
      case "flood":
        return await this.#flood(order.count);
      case "steady":
        return this.#sendSteadily(order.count);
      default:
        order satisfies never;
    }
    report({ kind: "ready" });
  }

  #take(topic: string, text: string): void {
    if (topic === CREDIT_TOPIC) {
      this.#credit += CREDIT;
      return;
    }
    const isTimed = this.#latenciesUs.length > 0;
    if (isTimed)
      this.#latenciesUs[this.#received] =
        (nowMs() - Number(text.slice(0, text.indexOf(" ")))) * 1000;
    this.#received++;
    if (!isTimed && this.#received % CREDIT === 0) this.#publish(CREDIT_TOPIC, "");
    if (this.#received === this.#expected)
      report({ kind: "received", latenciesUs: this.#latenciesUs });
  }

  async #join(topics: readonly string[]): Promise<void> {
    const bus = this.#bus;
    if (bus !== null) await Promise.all(topics.map((topic) => bus.join(topic)));
  }

  async #flood(count: number): Promise<void> {
    const text = "x".repeat(MESSAGE_BYTES);
    this.#credit = WINDOW;
    for (let sent = 0; sent < count;) {
      const now = Math.min(PER_TURN, this.#credit, count - sent);
      for (let index = 0; index < now; index++) this.#publish(TOPIC, text);
      sent += now;
      this.#credit -= now;
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  #sendSteadily(count: number): void {
    let sent = 0;
    const startMs = nowMs();
    const timer = setInterval(() => {
      const due = Math.min(count, ((nowMs() - startMs) * STEADY_PER_SECOND) / 1000);
      for (; sent < due; sent++) this.#publish(TOPIC, `${nowMs()} `.padEnd(MESSAGE_BYTES, "x"));
      if (sent >= count) clearInterval(timer);
    }, 1);
  }

  #publish(topic: string, text: string): void {
    // The answers that come later are not waited for: what counts is what arrives at the other side.
    if (this.#bus === null || this.#bus.publish(topic, text) === false)
      throw new Error("Cannot measure: the bus takes no more");
  }
}

/** The same clock in all processes. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function report(message: Report): void {
  process.send?.(message);
}

if (import.meta.main) {
  const [path = "", token = ""] = process.argv.slice(2);
  await new Side().open(path, token);
}

// A subscriber that takes no part in a test, and a publisher that sends it numbered events through the signed
// API. Whatever a test does to the server, each of these events must arrive once and in order.
import { expect } from "bun:test";
import { publish } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import type { Scope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";

/** A name that the fuzzer does not produce. */
const CHANNEL = "bystander-2f9c41d7";
const PERIOD_MS = 50;

/** One subscriber with its publisher. */
export class Bystander {
  readonly #client: RawClient;
  readonly #target: Target;
  readonly #publishing: Promise<void>;
  #stopped = false;
  #publishedCount = 0;

  constructor(client: RawClient, target: Target) {
    this.#client = client;
    this.#target = target;
    this.#publishing = this.#publish();
  }

  /** Stops publishing. A failed publish is reported by `missedNothing`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled([this.#publishing]);
  }

  /** Stops publishing and checks that every event has arrived once, in order, and nothing else. Returns their number. */
  async missedNothing(): Promise<number> {
    this.#stopped = true;
    await this.#publishing;
    const wanted = Array.from({ length: this.#publishedCount }, (_, index) => String(index));
    const got: unknown[] = [];
    await until(() => {
      for (const { event, data, text } of this.#client.frames.take())
        if (event === "numbered") got.push(data);
        // Apps with subscription counts send one when the bystander subscribes.
        else if (event !== "pusher_internal:subscription_count") got.push(text);
      return got.length >= wanted.length;
    }, `${wanted.length} events for the bystander`);
    expect(wanted.length).toBeGreaterThan(0);
    expect(got).toEqual(wanted);
    return wanted.length;
  }

  async #publish(): Promise<void> {
    while (!this.#stopped) {
      await publish(this.#target, {
        name: "numbered",
        channel: CHANNEL,
        data: String(this.#publishedCount),
      });
      this.#publishedCount++;
      await Bun.sleep(PERIOD_MS);
    }
  }
}

/** Connects one and begins to publish to it. */
export async function startBystander(scope: Scope, target: Target): Promise<Bystander> {
  const { client } = await connectRaw(scope, target);
  client.subscribe({ channel: CHANNEL });
  const { event, text } = await client.frames.next();
  if (event !== "pusher_internal:subscription_succeeded")
    throw new Error(`Cannot subscribe the bystander: the answer is ${text}`);
  const bystander = new Bystander(client, target);
  scope.add(() => bystander.stop());
  return bystander;
}

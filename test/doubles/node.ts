// A node over a test hub, alone or with a cluster that a test plays.
import type { Apps } from "../../src/apps/apps.ts";
import { memoryApps } from "../../src/apps/memory.ts";
import type { AppHub } from "../../src/hub/app-hub.ts";
import type { Hub } from "../../src/hub/hub.ts";
import { LiveApps } from "../../src/node/apps.ts";
import type { Cluster } from "../../src/node/cluster.ts";
import { Deadlines } from "../../src/node/deadlines.ts";
import { Node } from "../../src/node/node.ts";

/** What a test changes. */
export interface TestNodeChanges {
  readonly apps?: Apps;
  readonly cluster?: Cluster | null;
  readonly nowMs?: () => number;
}

/** The node, and what it reported. */
export function testNode(
  hub: Hub,
  { apps = memoryApps([]), cluster = null, nowMs = () => 0 }: TestNodeChanges = {},
): { readonly node: Node; readonly reports: readonly string[] } {
  const deadlines = new Deadlines(nowMs);
  const reports: string[] = [];
  const node = new Node({
    hub,
    apps: new LiveApps(apps, hub, deadlines),
    deadlines,
    cluster,
    report: (error) => void reports.push(String(error)),
  });
  return { node, reports };
}

/** A cluster whose answers come when the test gives them. */
export class SlowCluster implements Cluster {
  /** Questions without an answer, by what is asked: `open c`, `publish c`, `terminate u`, `figures c`, `users c`, `channels p`. */
  readonly asked: Map<string, PromiseWithResolvers<never>[]> = new Map();
  /** Channels that are open or opening. */
  readonly opened: string[] = [];
  /** What was closed, in order. */
  readonly closed: string[] = [];

  open(_hub: AppHub, channel: string): Promise<never> {
    this.opened.push(channel);
    return this.#ask(`open ${channel}`);
  }

  close(_hub: AppHub, channel: string): void {
    this.closed.push(channel);
    const index = this.opened.indexOf(channel);
    if (index < 0) throw new Error(`Cannot close "${channel}": it is not open`);
    this.opened.splice(index, 1);
  }

  publish(_hub: AppHub, { channels }: { readonly channels: readonly string[] }): Promise<never> {
    return this.#ask(`publish ${channels.join()}`);
  }

  terminate(_hub: AppHub, userId: string): Promise<never> {
    return this.#ask(`terminate ${userId}`);
  }

  figures(_hub: AppHub, channel: string): Promise<never> {
    return this.#ask(`figures ${channel}`);
  }

  userIds(_hub: AppHub, channel: string): Promise<never> {
    return this.#ask(`users ${channel}`);
  }

  channels(_hub: AppHub, prefix: string): Promise<never> {
    return this.#ask(`channels ${prefix}`);
  }

  /** Answers the oldest question of this name. */
  answer(name: string, value: unknown): void {
    // What the question is decides the type, and each has one.
    this.#take(name).resolve(value as never);
  }

  /** Fails it. */
  fail(name: string, reason: string): void {
    this.#take(name).reject(new Error(reason));
  }

  #ask(name: string): Promise<never> {
    const question = Promise.withResolvers<never>();
    this.asked.set(name, [...(this.asked.get(name) ?? []), question]);
    return question.promise;
  }

  #take(name: string): PromiseWithResolvers<never> {
    const [question, ...others] = this.asked.get(name) ?? [];
    if (question === undefined)
      throw new Error(`Cannot answer "${name}": asked were ${[...this.asked.keys()].join(", ")}`);
    this.asked.set(name, others);
    if (others.length === 0) this.asked.delete(name);
    return question;
  }
}

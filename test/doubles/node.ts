// A node over a test hub: alone, or with a cluster that the test controls.
import type { Apps } from "../../src/apps/apps.ts";
import { memoryApps } from "../../src/apps/memory.ts";
import type { AppHub } from "../../src/hub/app-hub.ts";
import type { Hub } from "../../src/hub/hub.ts";
import { LiveApps } from "../../src/node/apps.ts";
import type {
  ChannelFigures,
  Cluster,
  ClusterAnswer,
  OpenedChannel,
  Reach,
} from "../../src/node/cluster.ts";
import { Deadlines } from "../../src/node/deadlines.ts";
import { Node } from "../../src/node/node.ts";
import type { Arrival } from "../../src/hub/publish.ts";

/** What a test may replace. */
export interface TestNodeChanges {
  readonly apps?: Apps;
  readonly cluster?: Cluster | null;
  readonly nowMs?: () => number;
}

/** The node, and the errors that it reported. */
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

/** Pending questions of one kind. The test answers them by name, the oldest first. */
export class Questions<Answer> {
  readonly #open: Map<string, PromiseWithResolvers<Answer>[]> = new Map();

  /** The names of the questions without an answer. */
  get names(): readonly string[] {
    return [...this.#open.keys()];
  }

  ask(name: string): Promise<Answer> {
    const question = Promise.withResolvers<Answer>();
    this.#open.set(name, [...(this.#open.get(name) ?? []), question]);
    return question.promise;
  }

  answer(name: string, value: Answer): void {
    this.#take(name).resolve(value);
  }

  /** Answers every question. */
  answerAll(value: Answer): void {
    for (const questions of this.#open.values())
      for (const { resolve } of questions) resolve(value);
    this.#open.clear();
  }

  fail(name: string, reason: string): void {
    this.#take(name).reject(new Error(reason));
  }

  #take(name: string): PromiseWithResolvers<Answer> {
    const [question, ...others] = this.#open.get(name) ?? [];
    if (question === undefined)
      throw new Error(`Cannot answer "${name}": asked were ${this.names.join(", ")}`);
    if (others.length === 0) this.#open.delete(name);
    else this.#open.set(name, others);
    return question;
  }
}

/** A cluster that answers when the test says so. */
export class SlowCluster implements Cluster {
  readonly opens: Questions<OpenedChannel> = new Questions();
  readonly publishes: Questions<Reach> = new Questions();
  readonly terminates: Questions<Reach> = new Questions();
  readonly usersLearned: Questions<void> = new Questions();
  readonly figureQuestions: Questions<ClusterAnswer<ChannelFigures>> = new Questions();
  readonly userQuestions: Questions<ClusterAnswer<readonly string[]>> = new Questions();
  readonly channelQuestions: Questions<ClusterAnswer<ReadonlyMap<string, ChannelFigures>>> =
    new Questions();
  /** Whether it has to be waited for who is online elsewhere. */
  hasToLearn = false;
  /** Channels that are open or being opened. */
  readonly opened: Set<string> = new Set();

  open(_hub: AppHub, channel: string): Promise<OpenedChannel> {
    if (this.opened.has(channel)) throw new Error(`Cannot open "${channel}": it is open`);
    this.opened.add(channel);
    return this.opens.ask(channel);
  }

  close(_hub: AppHub, channel: string): void {
    if (!this.opened.delete(channel)) throw new Error(`Cannot close "${channel}": it is not open`);
  }

  /** A channel is never open again without a question. */
  reopen(): boolean {
    return false;
  }

  publish(_hub: AppHub, { publication: { channels } }: Arrival): Promise<Reach> {
    return this.publishes.ask(channels.join());
  }

  terminate(_hub: AppHub, userId: string): Promise<Reach> {
    return this.terminates.ask(userId);
  }

  learnUsers(_hub: AppHub, userIds: readonly string[]): Promise<void> | undefined {
    return this.hasToLearn ? this.usersLearned.ask(userIds.join()) : undefined;
  }

  forgetUsers(): void {}

  tick(): void {}

  figures(_hub: AppHub, channel: string): Promise<ClusterAnswer<ChannelFigures>> {
    return this.figureQuestions.ask(channel);
  }

  userIds(_hub: AppHub, channel: string): Promise<ClusterAnswer<readonly string[]>> {
    return this.userQuestions.ask(channel);
  }

  channels(
    _hub: AppHub,
    prefix: string,
  ): Promise<ClusterAnswer<ReadonlyMap<string, ChannelFigures>>> {
    return this.channelQuestions.ask(prefix);
  }

  /** Answers the pending `open` of the channel. */
  letIn(channel: string, cached: OpenedChannel["cached"] = null): void {
    this.opens.answer(channel, { cached });
  }
}

// The users of a cluster: they come to the same channels through all nodes, some with a second connection on
// another node, and come back elsewhere when they lose a connection, as clients with pusher-js do.
import { Random } from "../fault/random.ts";
import { within } from "../harness/deadline.ts";
import { Journal } from "./oracle/journal.ts";
import { Observer } from "./oracle/observer.ts";
import { type LivingNode, Publishers, type Traffic } from "./oracle/publishers.ts";

let crowdCount = 0;

/** How a crowd behaves. */
export interface CrowdSettings {
  readonly seed?: number;
  /** The channels of each connection; by default the room and one without members. */
  readonly channels?: readonly string[];
  /** Of so many connections that are lost, one does not come back. */
  readonly lostForGood?: number;
}

/** pusher-js waits for about so long before it connects again. */
const RETURN_MS = 1000;
/** How often the lag of this process is looked at. */
const LAG_MS = 50;
/** A visitor stays for less. */
const VISIT_MS = 2000;

/** The connections and what they saw. */
export class Crowd {
  readonly journal: Journal = new Journal();
  readonly observers: Set<Observer> = new Set();
  /** A presence channel of this crowd alone. */
  readonly room: string;
  readonly #nodes: readonly LivingNode[];
  readonly #channels: readonly string[];
  readonly #lostForGood: number;
  readonly #random: Random;
  readonly #returns = new Set<Promise<void>>();
  #publishers: Publishers | null = null;
  readonly #visits: Promise<void>[] = [];
  readonly #visitsEnd = Promise.withResolvers<void>();
  #isVisited = true;
  #isOver = false;

  constructor(
    nodes: readonly LivingNode[],
    { seed = 1, channels, lostForGood = 3 }: CrowdSettings = {},
  ) {
    // The members of a crowd that has just left may still be there for a moment.
    this.room = `presence-room-${++crowdCount}`;
    this.#nodes = nodes;
    this.#channels = channels ?? [this.room, `news-${crowdCount}`];
    this.#lostForGood = lostForGood;
    this.#random = new Random(seed);
    void this.#watchLag();
  }

  /** Notes how late this process is, as long as the crowd is there. */
  async #watchLag(): Promise<void> {
    while (!this.#isOver) {
      const beforeMs = performance.now();
      await Bun.sleep(LAG_MS);
      const lagMs = performance.now() - beforeMs - LAG_MS;
      this.journal.lagMs = Math.max(this.journal.lagMs, lagMs);
    }
  }

  /** Has users come through the nodes in turn, some with a second connection through the next node. */
  async gather(userCount: number, secondTabCount: number): Promise<void> {
    const comings: Promise<unknown>[] = [];
    for (let index = 0; index < userCount; index++) {
      comings.push(this.come(`user-${index}`, this.#nodeAt(index)));
      if (index < secondTabCount) comings.push(this.come(`user-${index}`, this.#nodeAt(index + 1)));
    }
    await within(Promise.all(comings), "the crowd to come");
  }

  /** Has a user come to all channels through a node. @throws when that fails, and then the connection is ended. */
  async come(userId: string, node: LivingNode): Promise<Observer> {
    const observer = await this.connect(userId, node);
    try {
      await Promise.all(this.#channels.map((channel) => observer.subscribe(channel)));
    } catch (error) {
      observer.terminate();
      throw error;
    }
    return observer;
  }

  /** A connection of a user that is on no channel yet. */
  async connect(userId: string, node: LivingNode): Promise<Observer> {
    const observer = new Observer(this.journal, node, userId);
    this.observers.add(observer);
    void observer.ended.then(({ isOurs }) => {
      this.observers.delete(observer);
      if (!isOurs) this.#lost(observer);
    });
    return observer.connected();
  }

  /** A node that is up. @throws when there is none. */
  anyNode(): LivingNode {
    const up = this.#nodes.filter(({ isUp }) => isUp);
    const node = up[this.#random.below(Math.max(1, up.length))];
    if (node === undefined) throw new Error("Cannot connect: no node is up");
    return node;
  }

  /** Visitors come and go at random through all nodes, so many at once at most, until they are stopped. */
  visit(visitorCount: number): void {
    for (let index = 0; index < visitorCount; index++)
      this.#visits.push(this.#visit(`visitor-${index}`, new Random(index + 1000)));
  }

  /** Ends all visits at once. */
  async endVisits(): Promise<void> {
    this.#isVisited = false;
    this.#visitsEnd.resolve();
    for (const observer of this.observers)
      if (observer.userId.startsWith("visitor-")) observer.terminate();
    await Promise.all(this.#visits.splice(0));
  }

  /** Begins to publish to the channels by way of all nodes. */
  publish(traffic: Omit<Traffic, "channels">): void {
    this.#publishers = new Publishers(this.journal, this.#nodes, {
      ...traffic,
      channels: this.#channels,
    });
  }

  /** Ends publishing, waits for connections that are coming back, and leaves the connections that there are. */
  async calm(): Promise<void> {
    this.#isOver = true;
    await this.#publishers?.stop();
    this.#publishers = null;
    while (this.#returns.size > 0) await Promise.all(this.#returns);
  }

  /** Ends all connections. */
  leave(): void {
    this.#isOver = true;
    for (const observer of this.observers) observer.terminate();
  }

  async #visit(userId: string, random: Random): Promise<void> {
    await this.#pause(random.below(VISIT_MS));
    while (this.#isVisited) {
      try {
        const observer = await this.come(userId, this.anyNode());
        await this.#pause(random.below(VISIT_MS));
        if (random.oneIn(2)) observer.terminate();
        else await observer.close();
      } catch {
        // Its node has refused it or has ended.
        await this.#pause(RETURN_MS);
      }
      await this.#pause(random.below(VISIT_MS / 2));
    }
  }

  /** Waits, until all visits end at most. */
  #pause(ms: number): Promise<void> {
    return Promise.race([Bun.sleep(ms), this.#visitsEnd.promise]);
  }

  #nodeAt(index: number): LivingNode {
    return this.#nodes[index % this.#nodes.length] ?? this.anyNode();
  }

  #lost(observer: Observer): void {
    if (
      this.#isOver ||
      observer.userId.startsWith("visitor-") ||
      this.#random.oneIn(this.#lostForGood)
    )
      return;
    const back = this.#comeBack(observer).finally(() => this.#returns.delete(back));
    this.#returns.add(back);
  }

  async #comeBack({ userId }: Observer): Promise<void> {
    await Bun.sleep(this.#random.below(RETURN_MS));
    while (!this.#isOver) {
      try {
        await this.come(userId, this.anyNode());
        return;
      } catch {
        await Bun.sleep(RETURN_MS);
      }
    }
  }
}

// A network of nodes, each of which is a census and what it has itself. Messages wait in one queue for each pair of
// nodes and kind of topic; the test decides which arrives next, and which never does.
import { type Beat, Census } from "../../../src/cluster/census/census.ts";
import type { LinkMessage } from "../../../src/cluster/census/link.ts";
import { type Edge, FOLLOW, type ViewChange } from "../../../src/cluster/census/part.ts";
import type { NodeFacts, PeerTimes } from "../../../src/cluster/census/peers.ts";
import type { NodeLife } from "../../../src/cluster/census/rendezvous.ts";

/** The times of the simulated nodes. */
export const TIMES: PeerTimes = { silentMs: 3000, deathMs: 6000, regionGraceMs: 60_000 };
/** How long a user must have stayed for a removal to be a lie. */
const STAYED_MS = 15_000;
const TICK_MS = 1000;

/** What one node tells another. */
type Message =
  | { readonly kind: "beat"; readonly facts: NodeFacts; readonly beat: Beat }
  | { readonly kind: "hello"; readonly facts: NodeFacts; readonly beat: Beat }
  | { readonly kind: "link"; readonly message: LinkMessage }
  | { readonly kind: "anew" }
  | { readonly kind: "judged"; readonly life: NodeLife; readonly verdict: "dead" | "unreachable" };

/** What a client of this node sees of one key, and what the node has itself. */
export interface Place {
  /** Own members, and since when others can know of them: not while the node is cut off. */
  readonly members: Map<string, number>;
  /** Subscriptions without a member. */
  extra: number;
  /** Members elsewhere, summed up from the changes. */
  readonly elsewhere: Set<string>;
  isReady: boolean;
}

/** A simulated node. */
export class SimulatedNode {
  readonly census: Census;
  readonly places: Map<string, Place> = new Map();
  readonly name: string;
  readonly #network: SimulatedNetwork;
  /** What its clock shows in addition to the true time. */
  readonly #skewMs: number;
  state: "running" | "paused" | "dead" = "running";
  isCutOff = false;
  /** When it was cut off the last time. */
  cutMs = 0;
  nextTickMs: number;
  pausedMs = 0;

  constructor(network: SimulatedNetwork, name: string, region: string) {
    this.#network = network;
    this.name = name;
    this.#skewMs = network.random(1_000_000);
    this.nextTickMs = network.nowMs + TICK_MS;
    const facts = {
      id: name,
      incarnation: 1,
      region,
      address: "here",
      isLeaving: false,
      isYoung: true,
    };
    this.census = new Census(
      facts,
      TIMES,
      {
        send: (to, message) =>
          network.post(name, to, "node", { kind: "link", message: copy(message) }),
        askAnew: (to) => network.post(name, to, "node", { kind: "anew" }),
        greet: (to) => this.hello(to),
        announce: () => this.beat(),
        judged: (life, verdict) => network.postAll(name, { kind: "judged", life, verdict }),
        askDirectly: (asked) => network.askDirectly(this, asked),
        part: (key) => {
          const place = this.places.get(key);
          if (place === undefined) return { count: 0, members: [] };
          return {
            count: place.members.size + place.extra,
            members: [...place.members.keys()].map((user) => [user, null] as const),
          };
        },
        member: (key, user) => (this.places.get(key)?.members.has(user) ? null : undefined),
        keys: () =>
          [...this.places].flatMap(([key, { members, extra }]) =>
            members.size + extra > 0 ? [key] : [],
          ),
        changed: (key, change) => this.#changed(key, change),
        ready: (key) => {
          const place = this.places.get(key);
          if (place !== undefined) place.isReady = true;
        },
        edge: (key, edge) => network.edges.push({ node: name, key, edge, atMs: network.nowMs }),
        carried: () => {},
        reowned: () => {},
        ended: () => {},
      },
      this.nowMs,
    );
  }

  get nowMs(): number {
    return this.#network.nowMs + this.#skewMs;
  }

  beat(): void {
    this.#network.postAll(this.name, {
      kind: "beat",
      facts: this.census.self,
      beat: copy(this.census.beat()),
    });
  }

  hello(to: string): void {
    this.#network.post(this.name, to, "node", {
      kind: "hello",
      facts: this.census.self,
      beat: copy(this.census.beat()),
    });
  }

  /** Follows a key as the first subscriber of a presence channel does. */
  open(key: string): Place {
    let place = this.places.get(key);
    if (place === undefined) {
      place = { members: new Map(), extra: 0, elsewhere: new Set(), isReady: false };
      this.places.set(key, place);
      if (this.census.follow(key, FOLLOW.members)) place.isReady = true;
    }
    return place;
  }

  close(key: string): void {
    this.places.delete(key);
    this.census.unfollow(key);
  }

  take(from: string, message: Message): void {
    const { census, nowMs } = this;
    switch (message.kind) {
      case "beat":
      case "hello":
        // The other node must know this one before messages of the link come.
        if (message.kind === "hello") this.beatTo(from);
        if (!census.heard(message.facts, message.beat, nowMs))
          this.#network.post(this.name, from, "node", {
            kind: "judged",
            life: message.facts,
            verdict: "dead",
          });
        return;
      case "link":
        return census.receive(from, message.message, nowMs);
      case "anew":
        return census.anew(from);
      case "judged":
        return census.judged(message.life, message.verdict, nowMs);
    }
  }

  beatTo(to: string): void {
    this.#network.post(this.name, to, "node", {
      kind: "beat",
      facts: this.census.self,
      beat: copy(this.census.beat()),
    });
  }

  #changed(key: string, { added, removed }: ViewChange): void {
    const place = this.places.get(key);
    if (place === undefined) throw new Error(`${this.name} hears of ${key}, which it has left`);
    for (const [user] of added) {
      if (place.elsewhere.has(user)) throw new Error(`${user} is announced twice on ${this.name}`);
      place.elsewhere.add(user);
    }
    for (const user of removed) {
      if (!place.elsewhere.delete(user)) throw new Error(`${user} has gone twice on ${this.name}`);
      const liar = this.#network.stayed(this, key, user, STAYED_MS);
      if (liar !== null)
        throw new Error(`${this.name} says that ${user} left ${key}, but he stayed on ${liar}`);
    }
  }
}

/** An edge that some node has told. */
export interface ToldEdge {
  readonly node: string;
  readonly key: string;
  readonly edge: Edge;
  readonly atMs: number;
}

/** The nodes, and what is between them. */
export class SimulatedNetwork {
  readonly nodes: SimulatedNode[] = [];
  readonly edges: ToldEdge[] = [];
  readonly random: (below: number) => number;
  nowMs = 0;
  /** The share of messages that are lost, in percent. */
  lossPercent = 0;
  #names = 0;
  readonly #queues: Map<string, Message[]> = new Map();

  constructor(random: (below: number) => number) {
    this.random = random;
  }

  get running(): readonly SimulatedNode[] {
    return this.nodes.filter(({ state }) => state === "running");
  }

  /** Starts a node, which says hello to the others. */
  start(region = ""): SimulatedNode {
    const node = new SimulatedNode(this, `n${++this.#names}`, region);
    this.nodes.push(node);
    for (const { name } of this.nodes) if (name !== node.name) node.hello(name);
    this.deliverAll();
    node.census.gathered(node.nowMs);
    return node;
  }

  post(from: string, to: string, topic: string, message: Message): void {
    const sender = this.nodes.find(({ name }) => name === from);
    const receiver = this.nodes.find(({ name }) => name === to);
    if (receiver === undefined || receiver.state === "dead") return;
    if (sender?.isCutOff || receiver.isCutOff || this.random(100) < this.lossPercent) return;
    const queue = `${from} ${to} ${topic}`;
    this.#queues.set(queue, [...(this.#queues.get(queue) ?? []), message]);
  }

  postAll(from: string, message: Message): void {
    for (const { name } of this.nodes) if (name !== from) this.post(from, name, "all", message);
  }

  /** Answers as the machine of a node would. */
  askDirectly(asker: SimulatedNode, { id, incarnation }: NodeFacts): void {
    const asked = this.nodes.find(({ name }) => name === id);
    const verdict =
      asked?.state === "running" ? "alive" : asked?.state === "dead" ? "dead" : "unknown";
    this.#later.push(() => asker.census.answered({ id, incarnation }, verdict, asker.nowMs));
  }

  readonly #later: (() => void)[] = [];

  /** Delivers one message of a random queue. Returns false if there is none. */
  deliver(): boolean {
    const later = this.#later.shift();
    if (later !== undefined) {
      later();
      return true;
    }
    const names = [...this.#queues.keys()].filter((name) => {
      const [, to] = name.split(" ");
      return this.nodes.find((node) => node.name === to)?.state !== "paused";
    });
    const name = names[this.random(names.length)];
    if (name === undefined) return false;
    const [first, ...others] = this.#queues.get(name) ?? [];
    if (others.length === 0) this.#queues.delete(name);
    else this.#queues.set(name, others);
    const [from = "", to] = name.split(" ");
    const node = this.nodes.find((each) => each.name === to);
    if (first !== undefined && node?.state === "running") node.take(from, first);
    return true;
  }

  deliverAll(): void {
    for (let count = 0; this.deliver(); count++)
      if (count > 100_000) throw new Error("the nodes never come to rest");
  }

  /** Lets time pass: ticks are made when they are due, and some messages are delivered. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + 100);
      for (const node of this.running) {
        node.census.flush();
        if (node.nextTickMs > this.nowMs) continue;
        node.nextTickMs = this.nowMs + TICK_MS - 50 + this.random(100);
        node.census.tick(node.nowMs);
        node.beat();
      }
      for (let count = this.random(200); count > 0 && this.deliver(); count--);
    }
  }

  /** A running node other than the observer on which the user has been for so long, or null. */
  stayed(observer: SimulatedNode, key: string, user: string, ms: number): string | null {
    for (const node of this.nodes) {
      if (node === observer || node.state !== "running") continue;
      const sinceMs = Math.max(node.places.get(key)?.members.get(user) ?? Infinity, node.pausedMs);
      // An observer that is cut off cannot know who came since.
      if (observer.isCutOff && sinceMs > observer.cutMs - 3000) continue;
      if (this.nowMs - sinceMs > ms) return node.name;
    }
    return null;
  }
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

// A network of nodes, each of which is a census and what it has itself. Messages wait in one queue for each pair of
// nodes and kind of topic; the test decides which arrives next, and which never does.
import { type Beat, Census } from "../../../src/cluster/census/census.ts";
import type { LinkMessage } from "../../../src/cluster/census/link.ts";
import {
  type Edge,
  FOLLOW,
  type Follow,
  type ViewChange,
} from "../../../src/cluster/census/part.ts";
import type { NodeFacts, PeerTimes, Verdict } from "../../../src/cluster/census/peers.ts";
import type { NodeLife } from "../../../src/cluster/census/rendezvous.ts";
import { Oracle } from "./oracle.ts";

/** The times of the simulated nodes. */
export const TIMES: PeerTimes = { silentMs: 3000, deathMs: 6000, regionGraceMs: 60_000 };
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
  /** Members elsewhere, summed up from the changes, and how many subscriptions there are. */
  readonly elsewhere: Set<string>;
  countElsewhere: number;
  isReady: boolean;
  /** Since when the node follows the key. */
  readonly sinceMs: number;
}

/** A simulated node. */
export class SimulatedNode {
  readonly census: Census;
  readonly places: Map<string, Place> = new Map();
  readonly name: string;
  readonly region: string;
  readonly #network: SimulatedNetwork;
  /** By sender and key: the last value that was carried here. */
  readonly #lastCarried: Map<string, number> = new Map();
  /** What its clock shows in addition to the true time. */
  readonly #skewMs: number;
  state: "running" | "paused" | "dead" = "running";
  isCutOff = false;
  /** Whether nobody hears it although it hears the others. It does not know that. */
  isMute = false;
  /** When it was cut off the last time. */
  cutMs = 0;
  nextTickMs: number;
  /** Since when the others can hear it. */
  reachableMs: number;

  constructor(network: SimulatedNetwork, name: string, region: string) {
    this.#network = network;
    this.name = name;
    this.region = region;
    this.#skewMs = network.random(1_000_000);
    this.nextTickMs = network.nowMs + TICK_MS;
    this.reachableMs = network.nowMs;
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
        carried: (key, value) => this.#carried(key, value),
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

  /** Follows a key as the first subscriber of a channel does. */
  open(key: string): Place {
    let place = this.places.get(key);
    if (place === undefined) {
      const follow = followOf(key);
      place = {
        members: new Map(),
        extra: 0,
        elsewhere: new Set(),
        countElsewhere: 0,
        isReady: follow === FOLLOW.nothing,
        sinceMs: follow === FOLLOW.nothing ? Infinity : this.#network.nowMs,
      };
      this.places.set(key, place);
      if (follow !== FOLLOW.nothing && this.census.follow(key, follow)) place.isReady = true;
    }
    return place;
  }

  /** Sends the next value to the owner of the key. */
  carry(key: string): void {
    const value = ++this.#network.carriedCount;
    if (this.census.carry(key, [this.name, value])) this.#network.carried.add(value);
  }

  close(key: string): void {
    this.places.delete(key);
    if (followOf(key) === FOLLOW.nothing) this.census.change(key);
    else this.census.unfollow(key);
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

  #carried(key: string, value: unknown): void {
    if (!Array.isArray(value)) throw new Error("a value is not what was sent");
    const [from, number]: [string, number] = [String(value[0]), Number(value[1])];
    this.#network.carried.delete(number);
    const what = `${from} ${key}`;
    if ((this.#lastCarried.get(what) ?? 0) >= number)
      throw new Error(`${this.name} gets value ${number} of ${from} for ${key} late or twice`);
    this.#lastCarried.set(what, number);
  }

  #changed(key: string, { count, added, removed }: ViewChange): void {
    const place = this.places.get(key);
    if (place === undefined) throw new Error(`${this.name} hears of ${key}, which it has left`);
    place.countElsewhere = count;
    for (const [user] of added) {
      if (place.elsewhere.has(user)) throw new Error(`${user} is announced twice on ${this.name}`);
      place.elsewhere.add(user);
    }
    for (const user of removed) {
      if (!place.elsewhere.delete(user)) throw new Error(`${user} has gone twice on ${this.name}`);
      if (this.#network.isFrozen)
        throw new Error(`${this.name} says that ${user} left ${key}, but nobody did`);
      const other = this.#network.oracle.stayedOn(this, key, user);
      if (other !== null)
        throw new Error(`${this.name} says that ${user} left ${key}, but he stayed on ${other}`);
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

/** Messages from one node to another that arrive in order. */
interface Queue {
  readonly name: string;
  readonly from: string;
  readonly receiver: SimulatedNode;
  readonly messages: Message[];
}

/** The nodes, and what is between them. */
export class SimulatedNetwork {
  readonly nodes: SimulatedNode[] = [];
  readonly edges: ToldEdge[] = [];
  readonly random: (below: number) => number;
  readonly oracle: Oracle;
  nowMs = 0;
  /** The share of messages that are lost, in percent. */
  lossPercent = 0;
  /** Values on their way to an owner. */
  readonly carried: Set<number> = new Set();
  carriedCount = 0;
  /** Whether nodes of different regions hear nothing of one another. */
  isSplit = false;
  /** Whether nobody leaves, so that nobody may be announced as gone. */
  isFrozen = false;
  #names = 0;
  readonly #byName: Map<string, SimulatedNode> = new Map();
  readonly #queues: Map<string, Queue> = new Map();
  /** The queues in the order in which they got their first message. */
  readonly #waiting: Queue[] = [];

  constructor(random: (below: number) => number, keys: readonly string[]) {
    this.random = random;
    this.oracle = new Oracle(this, keys);
  }

  get running(): readonly SimulatedNode[] {
    return this.nodes.filter(({ state }) => state === "running");
  }

  /** Starts nodes at the same moment, which say hello to the others. */
  start(count = 1, region = ""): void {
    const started = Array.from({ length: count }, () => {
      const node = new SimulatedNode(this, `n${++this.#names}`, region);
      this.nodes.push(node);
      this.#byName.set(node.name, node);
      return node;
    });
    for (const node of started)
      for (const { name } of this.nodes) if (name !== node.name) node.hello(name);
    this.deliverAll();
    for (const node of started) node.census.gathered(node.nowMs);
    this.oracle.joined();
  }

  /** The node is there no longer. */
  kill(node: SimulatedNode): void {
    this.oracle.leaves(node);
    node.state = "dead";
    if (this.running.length > 0) this.oracle.joined();
  }

  /** The node cannot be heard any more, and knows it. */
  cut(node: SimulatedNode): void {
    this.oracle.leaves(node);
    node.isCutOff = true;
    node.cutMs = this.nowMs;
    this.oracle.joined();
    node.census.lost();
  }

  reconnect(node: SimulatedNode): void {
    node.isCutOff = false;
    this.oracle.returns(node);
    node.census.regained(node.nowMs);
  }

  /** The others hear nothing of the node for some time, and it does not know. They may take it for dead. */
  mute(node: SimulatedNode, ms: number): void {
    this.oracle.leaves(node);
    node.isMute = true;
    // Nobody answers when the node is asked directly, so that it is as good as dead.
    for (const { members } of node.places.values())
      for (const user of members.keys()) members.set(user, Infinity);
    this.oracle.joined();
    this.pass(ms);
    node.isMute = false;
    if (node.state === "running" && !node.isCutOff) this.oracle.returns(node);
  }

  /** The process stands still for some time. The others may take it for dead. */
  pause(node: SimulatedNode, ms: number): void {
    this.oracle.leaves(node);
    node.state = "paused";
    this.oracle.joined();
    this.pass(ms);
    node.state = "running";
    for (const { members } of node.places.values())
      for (const user of members.keys()) members.set(user, Infinity);
    if (!node.isCutOff) this.oracle.returns(node);
  }

  post(from: string, to: string, topic: string, message: Message): void {
    const [sender, receiver] = [this.#byName.get(from), this.#byName.get(to)];
    if (sender === undefined || receiver === undefined || receiver.state === "dead") return;
    if (sender.isCutOff || sender.isMute || receiver.isCutOff) return;
    if (this.isSplit && sender.region !== receiver.region) return;
    if (this.random(100) < this.lossPercent) return;
    const name = `${from} ${to} ${topic}`;
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { name, from, receiver, messages: [] };
      this.#queues.set(name, queue);
      this.#waiting.push(queue);
    }
    queue.messages.push(message);
  }

  postAll(from: string, message: Message): void {
    for (const { name } of this.nodes) if (name !== from) this.post(from, name, "all", message);
  }

  /** Answers as the machine of a node would. */
  askDirectly(asker: SimulatedNode, { id, incarnation }: NodeFacts): void {
    const asked = this.#byName.get(id);
    const verdict = asked === undefined ? "unknown" : this.#verdictOn(asker, asked);
    this.#later.push(() => asker.census.answered({ id, incarnation }, verdict, asker.nowMs));
  }

  #verdictOn(asker: SimulatedNode, asked: SimulatedNode): Verdict {
    if (asked.isMute || (this.isSplit && asked.region !== asker.region)) return "unknown";
    if (asked.state === "paused") return "unknown";
    return asked.state === "running" ? "alive" : "dead";
  }

  readonly #later: (() => void)[] = [];

  /** Delivers one message of a random queue. Returns false if there is none. */
  deliver(): boolean {
    const later = this.#later.shift();
    if (later !== undefined) {
      later();
      return true;
    }
    const ready = this.nodes.some(({ state }) => state === "paused")
      ? this.#waiting.filter(({ receiver }) => receiver.state !== "paused")
      : this.#waiting;
    const queue = ready[this.random(ready.length)];
    const message = queue?.messages.shift();
    if (queue === undefined || message === undefined) return false;
    if (queue.messages.length === 0) {
      this.#queues.delete(queue.name);
      this.#waiting.splice(this.#waiting.indexOf(queue), 1);
    }
    if (queue.receiver.state === "running") queue.receiver.take(queue.from, message);
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
}

/** What a node wants to hear of a key follows from its name. */
export function followOf(key: string): Follow {
  if (key.startsWith("plain")) return FOLLOW.nothing;
  return key.startsWith("count") ? FOLLOW.count : FOLLOW.members;
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

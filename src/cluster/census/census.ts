// The census of one node: who is where, on all nodes. Each key has an owner among the nodes that are alive.
// Every node sends its own part of a key to the owner, which merges the parts and tells those who follow the
// key. When nodes come and go, keys change their owners, and the parts are sent to the new ones.
//
// Pure: messages, changes and the time come in by calls, and everything that follows goes to the output.
import { LinkReceiver, LinkSender, type LinkMessage } from "./link.ts";
import type { Operation } from "./operations.ts";
import {
  type Edge,
  FOLLOW,
  type Follow,
  type KeyFigures,
  type MemberEntry,
  type OwnPart,
  type ViewChange,
} from "./part.ts";
import { type NodeFacts, type PeerTimes, Peers, type Verdict } from "./peers.ts";
import { Register, type Status } from "./register.ts";
import { type NodeLife, OwnerTable, slotOf } from "./rendezvous.ts";
import { type FollowedKey, Views } from "./views.ts";

/** What each node says once a second about the others. */
export interface Beat {
  /** The nodes that it hears, itself included. */
  readonly alive: readonly NodeLife[];
  /** The nodes that live and that it cannot reach. */
  readonly unreachable: readonly NodeFacts[];
  /** By node: the stream and the number of the last message that it has sent to that node. */
  readonly sent: Readonly<Record<string, readonly [stream: number, number: number]>>;
}

/** What the census needs, and what it tells. No call may throw, and each must return at once. */
export interface CensusOutput {
  readonly send: (to: string, message: LinkMessage) => void;
  /** Asks a node to begin its link anew. */
  readonly askAnew: (to: string) => void;
  /** Says hello to a node of which others speak. */
  readonly greet: (to: string) => void;
  /** Says to all nodes at once that this one is here. */
  readonly announce: () => void;
  /** Tells all nodes what this one thinks of another. */
  readonly judged: (node: NodeLife, verdict: "dead" | "unreachable") => void;
  /** Asks a node directly whether it lives. */
  readonly askDirectly: (facts: NodeFacts) => void;
  /** This node's own part of a key, empty if it has none. */
  readonly part: (key: string) => Omit<OwnPart, "follow">;
  /** The info of a member with a socket on this node, or undefined if there is no such member. */
  readonly member: (key: string, userId: string) => string | null | undefined;
  /** The keys of which this node has a part. */
  readonly keys: () => Iterable<string>;
  /** What is elsewhere has changed on a key that this node follows. */
  readonly changed: (key: string, change: ViewChange) => void;
  /** What is elsewhere on a key that this node follows is known now. */
  readonly ready: (key: string) => void;
  /** Something became true for all nodes together. Told by one of them. */
  readonly edge: (key: string, edge: Edge) => void;
  /** Something that another node sent to the owner of the key, which is this one. */
  readonly carried: (key: string, value: unknown) => void;
  /** The owner of some keys has changed. */
  readonly reowned: () => void;
  /** A node has ended or was taken for dead. */
  readonly ended: (id: string) => void;
}

/** After this time the nodes that have sent nothing are not waited for any more. */
export const SETTLE_MS = 3000;
/** For so long it is kept what was handed to new owners. */
const HANDED_MS = 10_000;
/** A clock that jumps by more than this says that the process stood still. */
const STANDSTILL_MS = 2500;

/** The two ends of a link, and what the other node says about it. */
interface Link {
  readonly sender: LinkSender;
  readonly receiver: LinkReceiver;
  /** The nodes among which the other one has sent all parts that are due here; null before that. */
  sentHash: number | null;
  /** What the other node had sent when its last beat came. */
  due: readonly [stream: number, number: number] | null;
  /** The keys that were repeated since the stream began; null when it is complete. */
  repeated: Set<string> | null;
  /** Whether both ends must begin anew once the other node is heard. */
  isSuspect: boolean;
}

/** The census of a node. */
export class Census {
  readonly peers: Peers;
  readonly #output: CensusOutput;
  readonly #times: PeerTimes;
  readonly #links: Map<string, Link> = new Map();
  readonly #register: Register;
  readonly #views: Views;
  /** Keys whose own part has changed, with the users whose membership has. */
  #changes: Map<string, Set<string> | null> = new Map();
  #self: NodeFacts;
  #table: OwnerTable;
  /** The slots that this node has owned ever since all nodes had sent their parts the last time. */
  #steadySlots: ReadonlySet<number> = new Set();
  #isSettled = false;
  #isGathering = true;
  #unsettledMs = 0;
  /** What this node has told as the former owner of keys, by new owner: repeated if the new owner has missed it. */
  #handed: Map<string, Operation[]> = new Map();
  #handedMs = 0;
  #streamCount = 0;
  #tickedMs: number;

  constructor(self: NodeFacts, times: PeerTimes, output: CensusOutput, nowMs: number) {
    this.#self = self;
    this.#times = times;
    this.#output = output;
    this.#tickedMs = nowMs;
    this.#unsettledMs = nowMs;
    this.#table = ownersAmong([self]);
    this.peers = new Peers(self.region, times, {
      ask: output.askDirectly,
      dead: (life) => this.#forget(life),
    });
    this.#register = new Register(
      {
        changed: (follower, key, { count, added, removed }) =>
          this.#to(follower, ["view", key, count, added, removed]),
        viewed: (follower, key, { count, members, isComplete }) =>
          this.#to(follower, ["views", key, count, members, isComplete ? 1 : 0]),
        edge: output.edge,
      },
      (key) => this.#table.ownerOf(key) === this.#self.id,
      (key) => this.#statusOf(key),
    );
    this.#views = new Views({ changed: output.changed, ready: output.ready });
  }

  get self(): NodeFacts {
    return this.#self;
  }

  /** Whether the parts of all nodes that can be reached are here. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether answers may lack something. */
  get isPartial(): boolean {
    return !this.#isSettled || this.#lacksNodes;
  }

  /** Whether some nodes live that this one cannot reach. */
  get #lacksNodes(): boolean {
    if (this.peers.isCutOff) return true;
    return this.peers.unreachable().next().done !== true;
  }

  /** The number of keys of which this node has parts of others or its own. */
  get registeredCount(): number {
    return this.#register.size;
  }

  ownerOf(key: string): string {
    return this.#table.ownerOf(key);
  }

  /** What this node knows of a key that it follows. */
  view(key: string): FollowedKey | undefined {
    return this.#views.get(key);
  }

  /** What this node knows of a key that it owns. */
  figures(key: string): KeyFigures {
    const figures = this.#register.figures(key);
    return this.isPartial ? { ...figures, isComplete: false } : figures;
  }

  /** The keys that this node owns. */
  ownedKeys(): Iterable<string> {
    return this.#register.keys();
  }

  /** The number of members of a key that this node owns. */
  memberCount(key: string): number {
    return this.#register.memberCount(key);
  }

  /** Where this node can be asked directly whether it lives. Others hear of it with the next beat. */
  advertise(address: string): void {
    this.#self = { ...this.#self, address };
  }

  /** All nodes that are there have answered the first message. */
  gathered(nowMs: number): void {
    this.#isGathering = false;
    this.#unsettledMs = nowMs;
    this.#check(nowMs);
  }

  /** The own part of a key has changed, or the membership of one user. Sent by `flush`. */
  change(key: string, userId: string | null = null): void {
    const users = this.#changes.get(key) ?? null;
    if (userId === null) {
      this.#changes.set(key, users);
      return;
    }
    if (users === null) this.#changes.set(key, new Set([userId]));
    else users.add(userId);
  }

  /**
   * Follows a key. `ready` is called once its owner has told what is elsewhere, perhaps within the next `flush`.
   * Returns true if that is known already.
   */
  follow(key: string, follow: Follow): boolean {
    // If the key was followed until just now, the owner must hear that first, or it would tell nothing anew.
    if (this.#changes.has(key) && this.#views.get(key) === undefined) this.flush();
    if (this.#views.follow(key, follow)) this.change(key);
    return this.#views.get(key)?.isReady === true;
  }

  unfollow(key: string): void {
    if (this.#views.unfollow(key)) this.change(key);
  }

  /** Sends something to the owner of a key, in order with everything else. False if this node owns it. */
  carry(key: string, value: unknown): boolean {
    const owner = this.#table.ownerOf(key);
    if (owner === this.#self.id) return false;
    this.#to(owner, ["carried", key, value]);
    return true;
  }

  /** From now on this node knows of no key whether all of its parts are here. */
  #doubt(): void {
    this.#steadySlots = new Set();
    this.#register.doubt();
  }

  /** Sends all changes. */
  flush(): void {
    const changes = this.#changes;
    if (changes.size > 0) {
      this.#changes = new Map();
      for (const [key, userIds] of changes) this.#sendChange(key, userIds);
    }
    this.#register.flush();
    for (const { sender } of this.#links.values()) sender.flush();
  }

  /** What to tell all nodes once a second, and to each that says hello. */
  beat(): Beat {
    const sent: Record<string, readonly [number, number]> = {};
    for (const [id, { sender }] of this.#links) sent[id] = [sender.stream, sender.number];
    return {
      alive: this.#alive().map(lifeOf),
      unreachable: [...this.peers.unreachable()],
      sent,
    };
  }

  /** A node has said what it has to say each second. Returns false if it does not know that it was taken for dead. */
  heard(facts: NodeFacts, beat: Beat, nowMs: number): boolean {
    if (facts.id === this.#self.id) return true;
    const wasLeaving = this.peers.get(facts.id)?.facts.isLeaving === true;
    const news = this.peers.heard(facts, nowMs);
    if (news === "ended") return false;
    const link = this.#linkTo(facts.id);
    if (news === "known" && !wasLeaving && facts.isLeaving) this.#regroup(null, nowMs);
    if (news !== "known" || link.isSuspect) {
      link.isSuspect = false;
      // The node may have parts of any key, of which this one has heard nothing.
      if (news === "new" && !facts.isYoung) this.#doubt();
      this.#regroup(facts.id, nowMs);
      if (!link.receiver.isWhole) this.#output.askAnew(facts.id);
    }
    this.#compare(facts.id, link, beat);
    for (const missing of beat.unreachable)
      if (missing.id !== this.#self.id) this.peers.miss(missing, nowMs);
    for (const { id, incarnation } of beat.alive) {
      const isUnknown = id !== this.#self.id && this.peers.get(id) === undefined;
      if (isUnknown && !this.peers.hasEnded({ id, incarnation })) this.#output.greet(id);
    }
    this.flush();
    return true;
  }

  /** A message of a link has come. Ignored if the node is not known: it will say hello. */
  receive(from: string, message: LinkMessage, nowMs: number): void {
    const link = this.#links.get(from);
    if (link === undefined || this.peers.get(from) === undefined) return;
    const wasWhole = link.receiver.isWhole;
    const operations = link.receiver.take(message);
    if (operations === null) {
      if (wasWhole) this.#output.askAnew(from);
      return;
    }
    for (const operation of operations) this.#apply(from, operation);
    this.#check(nowMs);
    this.flush();
  }

  /** A node has missed something and wants this node's link to begin anew. */
  anew(from: string): void {
    const link = this.#links.get(from);
    if (link === undefined) return;
    this.#restart(from, link);
    this.flush();
  }

  /** This node is about to end: others shall own its keys. It keeps its parts until its clients have gone. */
  leave(nowMs: number): void {
    this.#self = { ...this.#self, isLeaving: true };
    this.#output.announce();
    this.#regroup(null, nowMs);
    this.flush();
  }

  /** A node says that it ends, or the bus knows that it has ended. */
  end(id: string, nowMs: number): void {
    if (this.peers.get(id) === undefined) return;
    this.peers.end(id);
    this.#regroup(null, nowMs);
    this.flush();
  }

  /** Another node has judged a third one. */
  judged({ id, incarnation }: NodeLife, verdict: "dead" | "unreachable", nowMs: number): void {
    if (id === this.#self.id) {
      if (verdict === "dead" && incarnation === this.#self.incarnation) this.#beginLife(nowMs);
      return;
    }
    if (this.peers.get(id)?.facts.incarnation !== incarnation) return;
    if (this.peers.judged(id, verdict, nowMs)) this.#regroup(null, nowMs);
    this.flush();
  }

  /** A node that was asked directly has answered, or has not. */
  answered(node: NodeLife, verdict: Verdict, nowMs: number): void {
    if (!this.peers.answered(node, verdict, nowMs)) return;
    if (verdict === "alive") this.#output.judged(node, "unreachable");
    this.#regroup(null, nowMs);
    this.flush();
  }

  /** This node hears nothing any more. Views stay as they are. */
  lost(): void {
    this.peers.cutOff();
  }

  /** This node hears again. Whatever was told meanwhile may have been missed, in both directions. */
  regained(nowMs: number): void {
    this.peers.forgive(nowMs);
    for (const link of this.#links.values()) {
      link.isSuspect = true;
      link.sentHash = null;
      link.due = null;
      link.receiver.break();
    }
    this.#unsettle(nowMs);
    this.#doubt();
    this.#output.announce();
    this.#check(nowMs);
  }

  /** To be called about once a second, before the beat is sent. */
  tick(nowMs: number): void {
    const stoodMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    if (stoodMs > this.#times.deathMs) this.#beginLife(nowMs);
    else if (stoodMs > STANDSTILL_MS) this.peers.forgive(nowMs);
    if (this.peers.tick(nowMs)) this.#regroup(null, nowMs);
    if (!this.#isSettled && !this.#isGathering && nowMs - this.#unsettledMs >= SETTLE_MS)
      this.#register.settle(false);
    if (nowMs - this.#handedMs >= HANDED_MS) this.#handed.clear();
    this.#check(nowMs);
    this.flush();
  }

  /** The others took this node for dead, or may have. It comes back as another, and asks for everything. */
  #beginLife(nowMs: number): void {
    this.#self = { ...this.#self, incarnation: this.#self.incarnation + 1 };
    this.#table = ownersAmong(this.#alive());
    this.regained(nowMs);
  }

  #alive(): readonly NodeFacts[] {
    return [this.#self, ...this.peers.alive()];
  }

  #linkTo(id: string): Link {
    return this.#links.getOrInsertComputed(id, () => ({
      sender: new LinkSender(++this.#streamCount * STREAM_STEP, (message) =>
        this.#output.send(id, message),
      ),
      receiver: new LinkReceiver(),
      sentHash: null,
      due: null,
      repeated: null,
      isSuspect: false,
    }));
  }

  #forget(life: NodeLife): void {
    this.#links.delete(life.id);
    this.#register.drop(life.id);
    this.#output.judged(life, "dead");
    this.#output.ended(life.id);
  }

  /** The nodes have changed: parts are sent to the new owners, and everything to a node that is new. */
  #regroup(newcomer: string | null, nowMs: number): void {
    const before = this.#table;
    this.#table = ownersAmong(this.#alive());
    this.#unsettle(nowMs);
    const self = this.#self.id;
    this.#steadySlots = this.#steadySlots.intersection(this.#table.slotsOf(self));
    if (newcomer !== null) this.#handed.delete(newcomer);
    if (newcomer !== null) this.#linkTo(newcomer).sender.restart();
    for (const [key, isOccupied, userIds] of this.#register.reassign(
      (key) => before.ownerOf(key) === self,
    ))
      this.#handOver(this.#table.ownerOf(key), ["told", key, isOccupied ? 1 : 0, userIds], nowMs);
    for (const key of this.#allKeys()) {
      const [former, owner] = [before.ownerOf(key), this.#table.ownerOf(key)];
      if (former === owner && owner !== newcomer) continue;
      if (former !== owner) this.#to(former, ["moved", key]);
      this.#to(owner, this.#whole(key, former === owner ? "" : former));
    }
    if (newcomer !== null) this.#register.viewAll(newcomer);
    const sent = this.#sent();
    for (const { id } of this.peers.alive()) this.#to(id, sent);
    this.#output.reowned();
    this.#check(nowMs);
  }

  #handOver(owner: string, operation: Operation, nowMs: number): void {
    this.#handedMs = nowMs;
    this.#handed.getOrInsertComputed(owner, () => []).push(operation);
    this.#to(owner, operation);
  }

  /** Begins a link anew and repeats everything that is due on it. */
  #restart(id: string, { sender }: Link): void {
    sender.restart();
    for (const operation of this.#handed.get(id) ?? []) this.#to(id, operation);
    for (const key of this.#allKeys())
      if (this.#table.ownerOf(key) === id) this.#to(id, this.#whole(key, ""));
    this.#register.viewAll(id);
    this.#to(id, this.#sent());
  }

  #sent(): Operation {
    return ["sent", this.#table.hash, [...this.peers.unreachable()]];
  }

  /** The keys of which this node has a part, and those that it only follows. */
  *#allKeys(): Iterable<string> {
    const held = new Set<string>();
    for (const key of this.#output.keys()) {
      if (this.#views.get(key) !== undefined) held.add(key);
      yield key;
    }
    for (const key of this.#views.keys) if (!held.has(key)) yield key;
  }

  #whole(key: string, former: string): Operation {
    const { count, members } = this.#output.part(key);
    const view = this.#views.get(key);
    const seen: MemberEntry[] = former === "" ? [] : [...(view?.members ?? [])];
    return ["whole", key, count, view?.follow ?? FOLLOW.nothing, [...members], seen, former];
  }

  #sendChange(key: string, userIds: Set<string> | null): void {
    const added: MemberEntry[] = [];
    const removed: string[] = [];
    for (const userId of userIds ?? []) {
      const info = this.#output.member(key, userId);
      if (info === undefined) removed.push(userId);
      else added.push([userId, info]);
    }
    const { count } = this.#output.part(key);
    const follow = this.#views.get(key)?.follow ?? FOLLOW.nothing;
    this.#to(this.#table.ownerOf(key), ["part", key, count, follow, added, removed]);
  }

  #to(id: string, operation: Operation): void {
    if (id === this.#self.id) this.#apply(id, operation);
    else this.#links.get(id)?.sender.push(operation);
  }

  #apply(from: string, operation: Operation): void {
    const link = this.#links.get(from);
    switch (operation[0]) {
      case "begin":
        if (link !== undefined) link.repeated = new Set();
        return;
      case "sent":
        for (const missing of operation[2])
          if (missing.id !== this.#self.id) this.peers.miss(missing, this.#tickedMs);
        if (link !== undefined) this.#takeSent(from, link, operation[1]);
        return;
      case "part": {
        const [, key, count, follow, added, removed] = operation;
        link?.repeated?.add(key);
        return this.#register.change(from, key, { count, follow, added, removed });
      }
      case "whole":
        link?.repeated?.add(operation[1]);
        return this.#takeWhole(from, operation);
      case "moved":
        link?.repeated?.delete(operation[1]);
        // The node counts other nodes as alive than this one does. It will send everything once they agree.
        if (link !== undefined && this.#table.ownerOf(operation[1]) === this.#self.id)
          link.sentHash = null;
        return this.#register.moved(from, operation[1]);
      case "told":
        return this.#register.told(operation[1], operation[2] === 1, operation[3]);
      case "carried":
        return this.#output.carried(operation[1], operation[2]);
      case "view":
      case "views":
        return this.#takeView(from, operation);
    }
  }

  #takeSent(from: string, link: Link, hash: number): void {
    link.sentHash = hash;
    const { repeated } = link;
    link.repeated = null;
    if (repeated !== null) this.#register.keepOnly(from, repeated, hash === this.#table.hash);
  }

  #takeWhole(from: string, operation: Extract<Operation, readonly ["whole", ...unknown[]]>): void {
    const [, key, count, follow, members, seen, former] = operation;
    const wasTold = former !== "" && this.peers.isMissing(former);
    this.#register.set(from, key, { count, follow, members, seen, wasTold });
  }

  /** Only the owner is believed. */
  #takeView(
    from: string,
    operation: Extract<Operation, readonly ["view" | "views", ...unknown[]]>,
  ): void {
    if (this.#table.ownerOf(operation[1]) !== from) return;
    if (operation[0] === "view") {
      const [, key, count, added, removed] = operation;
      this.#views.change(key, { count, added, removed });
      return;
    }
    const [, key, count, members, isComplete] = operation;
    this.#views.replace(key, count, members, isComplete === 1);
  }

  /** Compares what has come with what the node had sent when its beat before this one came. */
  #compare(id: string, link: Link, { sent }: Beat): void {
    const { due } = link;
    link.due = sent[this.#self.id] ?? null;
    if (due === null && link.receiver.isWhole) return;
    if (due === null || !link.receiver.check(...due)) this.#output.askAnew(id);
  }

  /** How much this node knows of a key of which it has no part yet. */
  #statusOf(key: string): Status {
    if (this.#table.ownerOf(key) !== this.#self.id) return "fresh";
    if (this.#isSettled) return this.#lacksNodes ? "partial" : "known";
    return this.#steadySlots.has(slotOf(key)) ? "known" : "fresh";
  }

  #unsettle(nowMs: number): void {
    if (this.#isSettled) this.#unsettledMs = nowMs;
    this.#isSettled = false;
  }

  /** Whether all nodes that are alive have sent everything that is due here. */
  #check(nowMs: number): void {
    if (this.#isGathering) return;
    const { hash } = this.#table;
    for (const { id } of this.peers.alive())
      if (this.#links.get(id)?.sentHash !== hash) return this.#unsettle(nowMs);
    const isComplete = !this.#lacksNodes;
    this.#isSettled = true;
    if (this.#self.isYoung) this.#self = { ...this.#self, isYoung: false };
    if (isComplete) this.#steadySlots = this.#table.slotsOf(this.#self.id);
    if (this.#register.isPartial) this.#register.settle(isComplete);
  }
}

function lifeOf({ id, incarnation }: NodeLife): NodeLife {
  return { id, incarnation };
}

/** Nodes that are leaving own nothing, unless all are. */
function ownersAmong(nodes: readonly NodeFacts[]): OwnerTable {
  const staying = nodes.filter(({ isLeaving }) => !isLeaving);
  return new OwnerTable(staying.length > 0 ? staying : nodes);
}

/** Streams of one link are numbered from a multiple of this. */
const STREAM_STEP = 1_000_000;

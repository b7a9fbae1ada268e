// The census of one node: who is where, on all nodes. Each key has an owner among the nodes that are alive.
// Every node sends its own part of a key to the owner, which merges the parts and tells those who follow the
// key. When nodes come and go, keys change their owners, and the parts are sent to the new ones.
// Pure: messages, changes and the time come in by calls, and everything that follows goes to the output.
import type { Status } from "./entry.ts";
import { Intake } from "./intake.ts";
import type { LinkMessage } from "./link.ts";
import { type Link, Links } from "./links.ts";
import type { Operation } from "./operations.ts";
import type { Beat, CensusOutput } from "./output.ts";
import { OwnParts } from "./own-parts.ts";
import type { Follow, KeyFigures } from "./part.ts";
import { type NodeFacts, type PeerTimes, Peers, type Verdict } from "./peers.ts";
import { Register } from "./register.ts";
import { type NodeLife, OwnerTable, slotOf } from "./rendezvous.ts";
import { Settlement } from "./settlement.ts";
import { type FollowedKey, Views } from "./views.ts";

export type { Beat, CensusOutput } from "./output.ts";

/** If more time than this has passed since the last tick, the process stood still. */
const STANDSTILL_MS = 2500;

/** The census of a node. */
export class Census {
  readonly peers: Peers;
  readonly #output: CensusOutput;
  readonly #times: PeerTimes;
  readonly #links: Links;
  readonly #register: Register;
  readonly #views: Views;
  readonly #own: OwnParts;
  readonly #settlement: Settlement;
  readonly #intake: Intake;
  #self: NodeFacts;
  #table: OwnerTable;
  #tickedMs: number;

  constructor(self: NodeFacts, times: PeerTimes, output: CensusOutput, nowMs: number) {
    this.#self = self;
    this.#times = times;
    this.#output = output;
    this.#tickedMs = nowMs;
    this.#settlement = new Settlement(nowMs);
    this.#links = new Links(output.send);
    this.#table = OwnerTable.among([self]);
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
    this.#own = new OwnParts(output, this.#views);
    this.#intake = new Intake(
      { links: this.#links, register: this.#register, views: this.#views, peers: this.peers },
      { selfId: self.id, table: () => this.#table },
      output.carried,
    );
  }

  get self(): NodeFacts {
    return this.#self;
  }

  /** Whether the parts of all nodes that can be reached are here. */
  get isSettled(): boolean {
    return this.#settlement.isSettled;
  }

  /** Whether answers may lack something. */
  get isPartial(): boolean {
    return !this.isSettled || this.#lacksNodes;
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
    this.#settlement.gathered(nowMs);
    this.#check(nowMs);
  }

  /** The own part of a key has changed, or the membership of one user. Sent by `flush`. */
  change(key: string, userId: string | null = null): void {
    this.#own.change(key, userId);
  }

  /**
   * Follows a key. `ready` is called once its owner has told what is elsewhere, perhaps within the next `flush`.
   * Returns true if that is known already.
   */
  follow(key: string, follow: Follow): boolean {
    // If the key was followed until just now, the owner must hear that first, or it would tell nothing anew.
    if (this.#own.hasChanged(key) && this.#views.get(key) === undefined) this.flush();
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

  /** What this node owns may lack parts: nobody is told as gone until the parts of all nodes are here again. */
  #doubt(): void {
    this.#settlement.doubt();
    this.#register.doubt();
  }

  /** Sends the changes of own parts, and what followers must be told. */
  flush(): void {
    this.#sendChanges();
    this.#register.flush();
    this.#links.flush();
  }

  /** What to tell all nodes once a second, and to each that says hello. */
  beat(): Beat {
    return {
      alive: this.#alive().map(({ id, incarnation }) => ({ id, incarnation })),
      unreachable: [...this.peers.unreachable()],
      sent: this.#links.sent(),
    };
  }

  /** A node has said what it has to say each second. Returns false if it does not know that it was taken for dead. */
  heard(facts: NodeFacts, beat: Beat, nowMs: number): boolean {
    if (facts.id === this.#self.id) return true;
    this.#wake(nowMs);
    const wasLeaving = this.peers.get(facts.id)?.facts.isLeaving === true;
    const news = this.peers.heard(facts, nowMs);
    if (news === "ended") return false;
    const link = this.#links.open(facts.id);
    if (news === "known" && !wasLeaving && facts.isLeaving) this.#regroup(null, nowMs);
    if (news !== "known" || link.isSuspect) {
      link.isSuspect = false;
      // The node may have parts of any key, of which this one has heard nothing.
      if (news === "new" && !facts.isYoung) this.#doubt();
      this.#regroup(facts.id, nowMs);
      if (!link.receiver.isWhole) this.#output.askAnew(facts.id);
    }
    if (!link.compare(beat.sent[this.#self.id] ?? null)) this.#output.askAnew(facts.id);
    this.#intake.miss(beat.unreachable, nowMs);
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
    this.#wake(nowMs);
    const wasWhole = link.receiver.isWhole;
    const operations = link.receiver.take(message);
    if (operations === null) {
      if (wasWhole) this.#output.askAnew(from);
      return;
    }
    for (const operation of operations) this.#intake.apply(from, operation, nowMs);
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

  /** Another node says that a third one, or this one, is dead or cannot be reached. */
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
    this.peers.reconnect();
    this.#mistrust(nowMs);
  }

  /** Trusts no link and nobody's silence until everything is here again. */
  #mistrust(nowMs: number): void {
    this.peers.forgive(nowMs);
    for (const link of this.#links.all) link.suspect();
    this.#settlement.listen(nowMs);
    this.#settlement.unsettle(nowMs);
    this.#doubt();
    this.#output.announce();
    this.#check(nowMs);
  }

  /** To be called about once a second, before the beat is sent. */
  tick(nowMs: number): void {
    this.#wake(nowMs);
    this.#tickedMs = nowMs;
    if (this.peers.tick(nowMs)) this.#regroup(null, nowMs);
    if (this.#settlement.isOverdue(nowMs)) this.#register.settle(false);
    for (const link of this.#links.all) link.tick(nowMs);
    this.#check(nowMs);
    this.flush();
  }

  /** Notices that the process stood still. Messages that have waited may come before the first tick. */
  #wake(nowMs: number): void {
    const stoodMs = nowMs - this.#tickedMs;
    if (stoodMs <= STANDSTILL_MS) return;
    this.#tickedMs = nowMs;
    if (stoodMs > this.#times.deathMs) this.#beginLife(nowMs);
    else this.peers.forgive(nowMs);
  }

  /** The others took this node for dead, or may have. It comes back as another, and asks for everything. */
  #beginLife(nowMs: number): void {
    this.#self = { ...this.#self, incarnation: this.#self.incarnation + 1 };
    this.#table = OwnerTable.among(this.#alive());
    // A node that was cut off before it stood still is so still.
    this.#mistrust(nowMs);
  }

  #alive(): readonly NodeFacts[] {
    return [this.#self, ...this.peers.alive()];
  }

  #forget(life: NodeLife): void {
    this.#links.close(life.id);
    this.#register.drop(life.id);
    this.#output.judged(life, "dead");
    this.#output.ended(life.id);
  }

  /** The nodes have changed: parts are sent to the new owners, and everything to a node that is new. */
  #regroup(newcomer: string | null, nowMs: number): void {
    const before = this.#table;
    // A part that is no more must be gone at the former owner, or it is there again if that owns the key again.
    this.#sendChanges();
    this.#table = OwnerTable.among(this.#alive());
    this.#settlement.unsettle(nowMs);
    this.#settlement.changed(this.#table);
    if (newcomer !== null) this.#links.open(newcomer).welcome();
    this.#handOver(before, nowMs);
    for (const key of this.#own.keys()) {
      const slot = slotOf(key);
      const [former, owner] = [before.ownerAt(slot), this.#table.ownerAt(slot)];
      if (former === owner && owner !== newcomer) continue;
      if (former !== owner) this.#to(former, ["moved", key]);
      this.#to(owner, this.#own.whole(key, former === owner ? "" : former));
    }
    if (newcomer !== null) this.#register.viewAll(newcomer);
    for (const { id } of this.peers.alive()) this.#to(id, this.#sent());
    this.#output.reowned();
    this.#check(nowMs);
  }

  /** Tells the new owners of keys what this node has told as their owner. */
  #handOver(before: OwnerTable, nowMs: number): void {
    const handed = this.#register.reassign((key) => before.ownerOf(key) === this.#self.id);
    for (const { key, isOccupied, userIds } of handed)
      this.#links
        .get(this.#table.ownerOf(key))
        ?.hand(["told", key, isOccupied ? 1 : 0, userIds], nowMs);
  }

  /** Begins a link anew and repeats everything that is due on it. */
  #restart(id: string, link: Link): void {
    link.restart();
    for (const key of this.#own.keys())
      if (this.#table.ownerOf(key) === id) this.#to(id, this.#own.whole(key, ""));
    this.#register.viewAll(id);
    this.#to(id, this.#sent());
  }

  #sendChanges(): void {
    for (const change of this.#own.takeChanges()) this.#to(this.#table.ownerOf(change[1]), change);
  }

  #sent(): Operation {
    return ["sent", this.#table.hash, [...this.peers.unreachable()]];
  }

  #to(id: string, operation: Operation): void {
    if (id === this.#self.id) this.#intake.apply(id, operation, this.#tickedMs);
    else this.#links.get(id)?.sender.push(operation);
  }

  /** How much this node knows of a key of which it has no part yet. */
  #statusOf(key: string): Status {
    if (this.#table.ownerOf(key) !== this.#self.id) return "fresh";
    if (this.isSettled) return this.#lacksNodes ? "partial" : "known";
    return this.#settlement.isSteady(key, this.#self.id) ? "known" : "fresh";
  }

  /** Settles if all nodes that are alive have sent everything that is due here. */
  #check(nowMs: number): void {
    if (this.#settlement.isWaiting(nowMs)) return;
    const { hash } = this.#table;
    for (const { id } of this.peers.alive())
      if (this.#links.get(id)?.sentHash !== hash) return this.#settlement.unsettle(nowMs);
    const isComplete = !this.#lacksNodes;
    this.#settlement.settle(this.#table, isComplete);
    if (this.#self.isYoung) this.#self = { ...this.#self, isYoung: false };
    if (this.#register.isPartial) this.#register.settle(isComplete);
  }
}

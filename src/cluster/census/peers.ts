// The other nodes, as this node hears of them. A node that is silent is either dead, or cannot be reached: it
// lives, but the broker does not carry its messages. What an unreachable node has told stays; what a
// dead node has told is dropped. Pure: the time is passed in.
import type { NodeLife } from "./rendezvous.ts";

/** What a node says about itself. */
export interface NodeFacts extends NodeLife {
  /** Where the node runs; empty if there is only one region. */
  readonly region: string;
  /** Where the node can be asked directly whether it lives; empty if it cannot. */
  readonly address: string;
  /** Whether the node is about to end. It owns nothing any more, but still has parts. */
  readonly isLeaving: boolean;
  /** Whether the node has only begun: it has no parts yet. */
  readonly isYoung: boolean;
}

/** Whether a value that came over the bus is what a node says about itself. */
export function isNodeFacts(value: unknown): value is NodeFacts {
  if (typeof value !== "object" || value === null) return false;
  const {
    id,
    incarnation,
    region,
    address,
    isLeaving,
    isYoung,
  }: Partial<Record<keyof NodeFacts, unknown>> = value;
  const texts = [id, region, address];
  return (
    texts.every((text) => typeof text === "string" && text.length <= MAX_TEXT_LENGTH) &&
    Number.isSafeInteger(incarnation) &&
    typeof isLeaving === "boolean" &&
    typeof isYoung === "boolean"
  );
}

/** How long what may last. */
export interface PeerTimes {
  /** After this silence the node is asked directly, once a second. */
  readonly silentMs: number;
  /** After this silence a node that does not answer is dead. */
  readonly deathMs: number;
  /** How long the members of a region stay whose nodes have all fallen silent together. */
  readonly regionGraceMs: number;
}

/** Answer of a node that was asked directly: it lives, nobody is there, or there was no answer in time. */
export type Verdict = "alive" | "dead" | "unknown";

/** Another node. */
export interface Peer {
  facts: NodeFacts;
  state: "alive" | "unreachable";
  lastHeardMs: number;
  /** When it was asked directly the last time, and when it answered. */
  askedMs: number;
  answeredMs: number;
}

/** What may follow from a message or from time passing. */
export interface PeerOutput {
  /** The node must be asked directly. */
  readonly ask: (facts: NodeFacts) => void;
  readonly dead: (life: NodeLife) => void;
}

/** The times of production. */
export const PEER_TIMES: PeerTimes = { silentMs: 3000, deathMs: 6000, regionGraceMs: 300_000 };
const ASK_MS = 1000;
const MAX_TEXT_LENGTH = 256;
/** Lives that are known to have ended. Nodes have new ids after a restart, so the list grows slowly. */
const MAX_ENDED = 10_000;

/** The nodes that this node knows, besides itself. */
export class Peers {
  readonly #region: string;
  readonly #times: PeerTimes;
  readonly #output: PeerOutput;
  readonly #peers: Map<string, Peer> = new Map();
  /** By id: the last incarnation that has ended. */
  readonly #ended: Map<string, number> = new Map();
  /** Whether this node itself hears nothing. Then silence says nothing about others. */
  #isCutOff = false;

  constructor(region: string, times: PeerTimes, output: PeerOutput) {
    this.#region = region;
    this.#times = times;
    this.#output = output;
  }

  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  get(id: string): Peer | undefined {
    return this.#peers.get(id);
  }

  get all(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** Nodes whose messages arrive. */
  *alive(): Iterable<NodeFacts> {
    for (const { state, facts } of this.#peers.values()) if (state === "alive") yield facts;
  }

  /** Nodes that live, as far as is known, but cannot be reached. */
  *unreachable(): Generator<NodeFacts, void> {
    for (const { state, facts } of this.#peers.values()) if (state === "unreachable") yield facts;
  }

  /** Another node says that this one lives and cannot be reached. */
  miss(facts: NodeFacts, nowMs: number): void {
    if (this.#peers.has(facts.id) || this.hasEnded(facts)) return;
    this.#peers.set(facts.id, newPeer(facts, "unreachable", nowMs));
  }

  hasEnded({ id, incarnation }: NodeLife): boolean {
    return incarnation <= (this.#ended.get(id) ?? -1);
  }

  /** Whether a node that was known has ended or cannot be reached. */
  isMissing(id: string): boolean {
    const peer = this.#peers.get(id);
    return peer === undefined ? this.#ended.has(id) : peer.state === "unreachable";
  }

  /**
   * A message of the node has come. Returns what is new: nothing, that the node was not known at all, that it could not
   * be reached until now, or that it is in another life than before; `ended` if the node does not know that the others
   * took it for dead.
   */
  heard(facts: NodeFacts, nowMs: number): "known" | "new" | "back" | "reborn" | "ended" {
    if (this.hasEnded(facts)) return "ended";
    const peer = this.#peers.get(facts.id);
    if (peer === undefined) {
      this.#peers.set(facts.id, newPeer(facts, "alive", nowMs));
      return "new";
    }
    if (facts.incarnation < peer.facts.incarnation) return "ended";
    const isReborn = facts.incarnation > peer.facts.incarnation;
    const wasUnreachable = peer.state === "unreachable";
    peer.facts = facts;
    peer.state = "alive";
    peer.lastHeardMs = nowMs;
    if (isReborn) return "reborn";
    return wasUnreachable ? "back" : "known";
  }

  /** The node says that it ends, or the bus knows it. */
  end(id: string): void {
    const peer = this.#peers.get(id);
    if (peer !== undefined) this.#die(peer);
  }

  /** Another node has judged this one. It is believed if the node is silent here too. Returns whether anything changed. */
  judged(id: string, verdict: "dead" | "unreachable", nowMs: number): boolean {
    const peer = this.#peers.get(id);
    if (peer === undefined || this.#isCutOff) return false;
    if (nowMs - peer.lastHeardMs < this.#times.silentMs * 0.6) return false;
    if (verdict === "dead" && nowMs - peer.answeredMs < this.#times.deathMs) return false;
    if (verdict === "dead") this.#die(peer);
    else if (peer.state === "unreachable") return false;
    else this.#lose(peer, nowMs);
    return true;
  }

  /** The answer of a node that was asked directly. Returns whether anything changed. */
  answered({ id, incarnation }: NodeLife, verdict: Verdict, nowMs: number): boolean {
    const peer = this.#peers.get(id);
    if (peer === undefined || peer.facts.incarnation !== incarnation) return false;
    const isSilent = nowMs - peer.lastHeardMs >= this.#times.silentMs;
    if (!isSilent || this.#isCutOff || verdict === "unknown") return false;
    if (verdict === "dead") {
      this.#die(peer);
      return true;
    }
    peer.answeredMs = nowMs;
    if (peer.state === "unreachable") return false;
    peer.state = "unreachable";
    return true;
  }

  /** To be called about once a second. Returns whether the set of nodes that are alive has changed. */
  tick(nowMs: number): boolean {
    if (this.#isCutOff) return false;
    const { silentMs, deathMs, regionGraceMs } = this.#times;
    let hasChanged = false;
    for (const peer of this.#peers.values()) {
      const silenceMs = nowMs - peer.lastHeardMs;
      if (silenceMs < silentMs) continue;
      if (nowMs - peer.askedMs >= ASK_MS && peer.facts.address !== "") {
        peer.askedMs = nowMs;
        this.#output.ask(peer.facts);
      }
      if (silenceMs < deathMs) continue;
      const isRegionCut = this.#isRegionSilent(peer.facts.region, nowMs);
      const isLiving = nowMs - peer.answeredMs < deathMs;
      if (isLiving || (isRegionCut && silenceMs < regionGraceMs)) {
        if (peer.state === "alive") hasChanged = true;
        peer.state = "unreachable";
        continue;
      }
      hasChanged = true;
      this.#die(peer);
    }
    return hasChanged;
  }

  /** This node hears nothing any more, so it judges nobody. */
  cutOff(): void {
    this.#isCutOff = true;
  }

  /** This node hears again. */
  reconnect(): void {
    this.#isCutOff = false;
  }

  /** This node may have missed messages for a while: everybody gets the whole time again. */
  forgive(nowMs: number): void {
    for (const peer of this.#peers.values()) {
      if (peer.state === "alive") peer.lastHeardMs = nowMs;
      else peer.answeredMs = nowMs;
    }
  }

  #lose(peer: Peer, nowMs: number): void {
    peer.state = "unreachable";
    peer.answeredMs = nowMs;
  }

  #die({ facts }: Peer): void {
    this.#peers.delete(facts.id);
    this.#ended.set(facts.id, Math.max(facts.incarnation, this.#ended.get(facts.id) ?? -1));
    if (this.#ended.size > MAX_ENDED) {
      const [oldest] = this.#ended.keys();
      if (oldest !== undefined) this.#ended.delete(oldest);
    }
    this.#output.dead(facts);
  }

  /** Whether no node of another region is heard: that is a cut, and not so many deaths. */
  #isRegionSilent(region: string, nowMs: number): boolean {
    if (region === this.#region) return false;
    for (const { facts, lastHeardMs } of this.#peers.values())
      if (facts.region === region && nowMs - lastHeardMs < this.#times.silentMs) return false;
    return true;
  }
}

function newPeer(facts: NodeFacts, state: Peer["state"], nowMs: number): Peer {
  const answeredMs = state === "alive" ? -Infinity : nowMs;
  return { facts, state, lastHeardMs: nowMs, askedMs: -Infinity, answeredMs };
}

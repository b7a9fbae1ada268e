// What the nodes can know of one another's members, so that a test can tell a wrong removal from one that nobody could
// have avoided.
import { OwnerTable } from "../../../src/cluster/census/rendezvous.ts";
import type { SimulatedNetwork, SimulatedNode } from "./network.ts";

/** How long a user must have stayed for a removal to be wrong. */
const STAYED_MS = 15_000;
/** In this time a node that owns or follows a key has heard of its members. */
const LEARN_MS = 10_000;

/** Since when each key has had its owner among the nodes that can be reached. */
interface Ownership {
  readonly owner: string;
  readonly sinceMs: number;
}

/** Watches the nodes of a network. */
export class Oracle {
  readonly #network: SimulatedNetwork;
  readonly #keys: readonly string[];
  readonly #owners: Map<string, Ownership> = new Map();

  constructor(network: SimulatedNetwork, keys: readonly string[]) {
    this.#network = network;
    this.#keys = keys;
  }

  /** A node has come, or can be reached again. */
  joined(): void {
    const table = new OwnerTable(
      this.#reachable().map(({ name }) => ({ id: name, incarnation: 1 })),
    );
    for (const key of this.#keys) {
      const owner = table.ownerOf(key);
      if (this.#owners.get(key)?.owner !== owner)
        this.#owners.set(key, { owner, sinceMs: this.#network.nowMs });
    }
  }

  /**
   * A node is about to end, to stand still or to be cut off. What it alone knew of members on nodes that cannot be
   * reached is lost, and nobody can know of them until their nodes are heard again.
   */
  leaves(leaving: SimulatedNode): void {
    for (const key of this.#keys) {
      const knows = this.#reachable().some((node) => node !== leaving && this.#knows(node, key));
      for (const node of this.#network.nodes) {
        const stays = isReachable(node) && node !== leaving;
        if (stays) continue;
        const members = node.places.get(key)?.members;
        for (const [user, sinceMs] of members ?? []) {
          const isTooNew = node === leaving && sinceMs > this.#network.nowMs - LEARN_MS;
          if (!knows || isTooNew) members?.set(user, Infinity);
        }
      }
    }
  }

  /** A node can be reached again. */
  returns(node: SimulatedNode): void {
    node.reachableMs = this.#network.nowMs;
    for (const place of node.places.values()) {
      for (const [user, sinceMs] of place.members)
        if (sinceMs === Infinity) place.members.set(user, this.#network.nowMs);
    }
    this.joined();
  }

  /**
   * A node other than the observer on which the user has been for so long that the observer must know of it, or null.
   */
  stayedOn(observer: SimulatedNode, key: string, user: string): string | null {
    for (const node of this.#network.nodes) {
      if (node === observer || node.state !== "running") continue;
      const sinceMs = node.places.get(key)?.members.get(user) ?? Infinity;
      if (observer.region !== node.region && this.#network.isSplit) continue;
      // An observer that is cut off cannot know who came since.
      if (observer.isCutOff && sinceMs > observer.cutMs - LEARN_MS) continue;
      if (this.#network.nowMs - sinceMs > STAYED_MS) return node.name;
    }
    return null;
  }

  #reachable(): readonly SimulatedNode[] {
    return this.#network.running.filter(isReachable);
  }

  /** Whether the node has owned or followed the key for long enough. */
  #knows(node: SimulatedNode, key: string): boolean {
    const untilMs = this.#network.nowMs - LEARN_MS;
    if (node.reachableMs > untilMs) return false;
    const ownership = this.#owners.get(key);
    if (ownership?.owner === node.name && ownership.sinceMs <= untilMs) return true;
    return (node.places.get(key)?.sinceMs ?? Infinity) <= untilMs;
  }
}

/** Whether the others hear the node. */
function isReachable({ state, isCutOff, isMute }: SimulatedNode): boolean {
  return state === "running" && !isCutOff && !isMute;
}

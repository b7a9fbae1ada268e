// What the operations of other nodes, and this node's own, do to the register, the views and the links.
import type { Links } from "./links.ts";
import type { Operation } from "./operations.ts";
import type { CensusOutput } from "./output.ts";
import type { NodeFacts, Peers } from "./peers.ts";
import type { OwnerTable } from "./rendezvous.ts";
import type { Register } from "./register.ts";
import type { Views } from "./views.ts";

/** What operations change. */
export interface IntakeTargets {
  readonly links: Links;
  readonly register: Register;
  readonly views: Views;
  readonly peers: Peers;
}

/** Who owns what, as this node sees it. */
export interface Ownership {
  readonly selfId: string;
  /** The present table. */
  readonly table: () => OwnerTable;
}

/** Applies operations. */
export class Intake {
  readonly #targets: IntakeTargets;
  readonly #ownership: Ownership;
  readonly #carried: CensusOutput["carried"];

  constructor(targets: IntakeTargets, ownership: Ownership, carried: CensusOutput["carried"]) {
    this.#targets = targets;
    this.#ownership = ownership;
    this.#carried = carried;
  }

  apply(from: string, operation: Operation, nowMs: number): void {
    const { register, links } = this.#targets;
    const link = links.get(from);
    switch (operation[0]) {
      case "begin":
        return link?.begin();
      case "sent":
        this.miss(operation[2], nowMs);
        return this.#takeSent(from, operation[1]);
      case "part": {
        const [, key, count, follow, added, removed] = operation;
        link?.repeat(key);
        return register.change(from, key, { count, follow, added, removed });
      }
      case "whole":
        return this.#takeWhole(from, operation);
      case "moved":
        return this.#takeMoved(from, operation[1]);
      case "told":
        return register.told(operation[1], operation[2] === 1, operation[3]);
      case "carried":
        return this.#carried(operation[1], operation[2]);
      case "view":
      case "views":
        return this.#takeView(from, operation);
    }
  }

  /** Another node says that these live and cannot be reached. */
  miss(unreachable: readonly NodeFacts[], nowMs: number): void {
    for (const facts of unreachable)
      if (facts.id !== this.#ownership.selfId) this.#targets.peers.miss(facts, nowMs);
  }

  #takeSent(from: string, hash: number): void {
    const { links, register } = this.#targets;
    const repeated = links.get(from)?.complete(hash) ?? null;
    if (repeated !== null) register.keepOnly(from, repeated, hash === this.#ownership.table().hash);
  }

  #takeWhole(from: string, operation: Extract<Operation, readonly ["whole", ...unknown[]]>): void {
    const { links, register, peers } = this.#targets;
    const [, key, count, follow, members, seen, former] = operation;
    links.get(from)?.repeat(key);
    // A former owner that is still there hands over itself what it has told.
    const wasTold = former !== "" && peers.isMissing(former);
    register.set(from, key, { count, follow, members, seen, wasTold });
  }

  #takeMoved(from: string, key: string): void {
    const { links, register } = this.#targets;
    const link = links.get(from);
    link?.withdraw(key);
    // The sender counts other nodes as alive than this one does. It will send everything once they agree.
    if (link !== undefined && this.#ownership.table().ownerOf(key) === this.#ownership.selfId)
      link.sentHash = null;
    register.moved(from, key);
  }

  /** Only the owner is believed. */
  #takeView(
    from: string,
    operation: Extract<Operation, readonly ["view" | "views", ...unknown[]]>,
  ): void {
    const { views } = this.#targets;
    if (this.#ownership.table().ownerOf(operation[1]) !== from) return;
    if (operation[0] === "view") {
      const [, key, count, added, removed] = operation;
      return views.change(key, { count, added, removed });
    }
    const [, key, count, members, isComplete] = operation;
    views.replace(key, count, members, isComplete === 1);
  }
}

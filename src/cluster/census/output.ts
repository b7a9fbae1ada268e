// What the census of a node says to other nodes, needs of its own node, and tells it.
import type { LinkMessage } from "./link.ts";
import type { Edge, OwnPart, ViewChange } from "./part.ts";
import type { NodeFacts } from "./peers.ts";
import type { NodeLife } from "./rendezvous.ts";

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
  /** Tells all nodes that another one is dead, or lives and cannot be reached. */
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
  /** Something became true for all nodes together. Told on one node only, the owner of the key. */
  readonly edge: (key: string, edge: Edge) => void;
  /** A value that another node sent to the owner of the key, which is this one; see `Census.carry`. */
  readonly carried: (key: string, value: unknown) => void;
  /** The owner of some keys has changed. */
  readonly reowned: () => void;
  /** A node has ended or was taken for dead. */
  readonly ended: (id: string) => void;
}

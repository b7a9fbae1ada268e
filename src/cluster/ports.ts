// What a station needs of its surroundings, and what it tells them.
import type { CensusOutput } from "./census/census.ts";
import type { NodeFacts, Verdict } from "./census/peers.ts";
import type { PublicationCounts } from "./publications.ts";

/** Who the node is. */
export interface StationSettings {
  readonly nodeId: string;
  /** What keeps the topics of this cluster apart from those of others on the same broker. */
  readonly prefix: string;
  /** How long the node waits for others at its start, after the last one that was new. */
  readonly gatherMs: number;
  readonly region: string;
  readonly regionGraceMs: number;
  /** Hashes of the apps that the node serves. */
  readonly apps: readonly number[];
  /** Milliseconds that never go back. */
  readonly nowMs: () => number;
  /** Asks a node directly, at its address, whether it lives. */
  readonly askDirectly: (facts: NodeFacts) => Promise<Verdict>;
}

/** What the station needs of the node, and what it tells it. */
export interface StationOutput extends Pick<
  CensusOutput,
  "part" | "member" | "keys" | "changed" | "ready" | "edge" | "carried" | "reowned"
> {
  /** A publication has come. */
  readonly arrived: (key: string, body: unknown) => void;
  /** A command for all nodes has come. */
  readonly commanded: (body: unknown) => void;
  /** A question has come. The parts of the answer; null if it is not understood. */
  readonly question: (body: unknown) => readonly unknown[] | null;
  /** The connection to the broker broke, or is there again. For the log. */
  readonly connection: (isThere: boolean, reason: string) => void;
}

/** What the station counts. */
export interface StationCounts extends PublicationCounts {
  /** Messages of other nodes, and messages for them. */
  readonly received: number;
  readonly sent: number;
  /** Messages that were malformed or of an unknown version. */
  readonly unknown: number;
  /** Times at which the connection to the broker broke. */
  readonly losses: number;
}

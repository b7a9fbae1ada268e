// The state of a cohort with delta compression: its chains, and its unsynced sockets, which do not
// hold every base yet. Unsynced sockets are on a topic of their own that carries whole messages,
// until every chain has got a new base since they joined.
import { Chains } from "../../delta/chain.ts";
import type { DeltaFormat } from "../cohort-traits.ts";
import type { Peer } from "../ports.ts";

/** The delta state of one cohort. */
export class DeltaState {
  readonly format: DeltaFormat;
  readonly chains: Chains;
  /** The topic of the unsynced sockets. */
  readonly unsyncedTopic: string;
  /**
   * The unsynced sockets, each with the channel's last sequence number when it joined. It has received every later
   * frame.
   */
  readonly unsynced: Map<Peer, number> = new Map();
  /** Sockets of the cohort that have been told xdelta3 on any channel. */
  readonly toldXdelta3: Set<Peer> = new Set();
  /** The frame that syncs a new subscriber. Null if a base has changed since it was written. */
  sync: string | null = null;

  constructor(format: DeltaFormat, maxKeys: number, unsyncedTopic: string) {
    this.format = format;
    this.chains = new Chains(maxKeys);
    this.unsyncedTopic = unsyncedTopic;
  }

  /** Removes the chains that were last used before `usedMs`. Returns false when none is left. */
  forgetChains(usedMs: number): boolean {
    this.chains.forgetBefore(usedMs);
    this.sync = null;
    return this.chains.size > 0;
  }

  /** Removes a socket that has left the cohort. */
  forget(socket: Peer): void {
    this.unsynced.delete(socket);
    this.toldXdelta3.delete(socket);
  }
}

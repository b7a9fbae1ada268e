// What a cohort with delta compression keeps: its chains, and the sockets that do not hold every base
// yet. These are on a topic of their own, on which messages are whole, until each chain has got a new
// base since they came.
import { Chains } from "../../delta/chain.ts";
import type { DeltaFormat } from "../cohort-traits.ts";
import type { Peer } from "../ports.ts";

/** The state of one cohort. */
export class DeltaState {
  readonly format: DeltaFormat;
  readonly chains: Chains;
  /** The topic of the unsynced sockets. */
  readonly unsyncedTopic: string;
  /** Sockets that do not hold every base, each with the channel's last number when it came: it holds every later frame. */
  readonly unsynced: Map<Peer, number> = new Map();
  /** Sockets that were told of the algorithm xdelta3 on some channel. */
  readonly toldXdelta3: Set<Peer> = new Set();
  /** The frame that syncs a newcomer; null when a base has changed since it was made. */
  sync: string | null = null;

  constructor(format: DeltaFormat, maxKeys: number, unsyncedTopic: string) {
    this.format = format;
    this.chains = new Chains(maxKeys);
    this.unsyncedTopic = unsyncedTopic;
  }

  /** Forgets the chains that were last used before then. False when none is left. */
  forgetChains(usedMs: number): boolean {
    this.chains.forgetBefore(usedMs);
    this.sync = null;
    return this.chains.size > 0;
  }

  /** Forgets a socket that has left the cohort. */
  forget(socket: Peer): void {
    this.unsynced.delete(socket);
    this.toldXdelta3.delete(socket);
  }
}

// What a cohort with delta compression keeps: its chains, and the sockets that do not hold every
// base yet. Those are on a topic of their own, where messages are whole, until each chain has
// begun anew since they came.
import { Chains } from "../delta/chain.ts";
import type { DeltaFormat } from "./cohort.ts";
import type { Socket } from "./ports.ts";

/** See the file's head. */
export class DeltaState {
  readonly format: DeltaFormat;
  readonly chains: Chains;
  readonly freshTopic: string;
  /** Each with the channel's last number when it came: it holds every later frame. */
  readonly fresh: Map<Socket, number> = new Map();
  /** Members that know of several algorithms. */
  readonly bilingual: Set<Socket> = new Set();
  /** The frame that puts a newcomer in step; null when a base has changed since it was made. */
  sync: string | null = null;

  constructor(format: DeltaFormat, maxKeys: number, freshTopic: string) {
    this.format = format;
    this.chains = new Chains(maxKeys);
    this.freshTopic = freshTopic;
  }

  /** Forgets the chains on which nothing was sent since then. False when none is left. */
  forgetChains(usedMs: number): boolean {
    this.chains.forgetBefore(usedMs);
    this.sync = null;
    return this.chains.size > 0;
  }

  /** Forgets a socket that is no member any more. */
  forget(socket: Socket): void {
    this.fresh.delete(socket);
    this.bilingual.delete(socket);
  }
}

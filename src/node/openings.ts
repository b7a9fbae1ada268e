// Channels that are being opened: a socket wants to subscribe, and the cluster has not answered
// yet. What is published to such a channel in the meantime is kept, and delivered once the first
// socket has subscribed. A publish is therefore before the subscription or after it, and never lost
// in between.
import type { AppHub } from "../hub/app-hub.ts";
import { type Arrival, publishFromNode, rememberArrival } from "../hub/publish.ts";
import type { Publication } from "../protocol/publication.ts";
import type { Cluster } from "./cluster.ts";
import type { Deadlines } from "./deadlines.ts";

/** The maximum time for opening a channel. */
export const OPEN_TIMEOUT_MS = 10_000;

/**
 * The maximum length, in characters, of the events that are kept for one channel, with `EVENT_LENGTH` for each. Beyond
 * it the oldest are dropped, as if the subscription had been made later.
 */
export const MAX_KEPT_LENGTH = 1_048_576;
/** The approximate memory of an event besides its name and data. */
const EVENT_LENGTH = 200;

/** A channel that is being opened. It exists only while a pending subscription holds it. */
export class Opening {
  /** Resolves to null when the channel is open, or to an error if it cannot be opened. Never rejects. */
  readonly ready: Promise<Error | null>;
  readonly #kept: Arrival[] = [];
  #keptLength = 0;
  /** The number of pending subscriptions that hold it. */
  holderCount = 0;
  hasFailed = false;

  /** `opened` resolves when the channel is open and rejects if it cannot be opened. `failed` is called in that case. */
  constructor(opened: Promise<void>, failed: (opening: Opening) => void) {
    this.ready = opened.then(
      () => null,
      (error: unknown) => {
        this.hasFailed = true;
        failed(this);
        return error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  /**
   * Keeps an arrival until the first socket has subscribed. Not after a failure: the next attempt opens the channel
   * anew, and what it brings is newer.
   */
  keep(arrival: Arrival): void {
    if (this.hasFailed) return;
    this.#kept.push(arrival);
    this.#keptLength += lengthOf(arrival);
    while (this.#keptLength > MAX_KEPT_LENGTH) {
      const oldest = this.#kept.shift();
      this.#keptLength -= oldest === undefined ? this.#keptLength : lengthOf(oldest);
    }
  }

  /** Removes and returns the publications that were kept. */
  take(): readonly Arrival[] {
    this.#keptLength = 0;
    return this.#kept.splice(0);
  }
}

function lengthOf({ publication: { event, data } }: Arrival): number {
  return event.length + data.length + EVENT_LENGTH;
}

function rememberAll(hub: AppHub, arrivals: readonly Arrival[]): void {
  for (const arrival of arrivals) rememberArrival(hub, arrival);
}

/** All channels of a node that are being opened. */
export class Openings {
  readonly #cluster: Cluster;
  readonly #deadlines: Deadlines;
  readonly #report: (error: unknown) => void;
  readonly #apps: Map<AppHub, Map<string, Opening>> = new Map();

  /** `report` is called with the error if a channel cannot be closed. */
  constructor(cluster: Cluster, deadlines: Deadlines, report: (error: unknown) => void) {
    this.#cluster = cluster;
    this.#deadlines = deadlines;
    this.#report = report;
  }

  /** The number of channels that are being opened. */
  get size(): number {
    let size = 0;
    for (const openings of this.#apps.values()) size += openings.size;
    return size;
  }

  /**
   * Returns the opening of a channel, and starts it if there is none or if it has failed. The caller must release it.
   */
  hold(hub: AppHub, channel: string): Opening {
    const openings = this.#apps.getOrInsertComputed(hub, () => new Map<string, Opening>());
    let opening = openings.get(channel);
    if (opening?.hasFailed) this.#close(hub, channel);
    if (opening === undefined || opening.hasFailed) {
      // Sockets that subscribe after a later attempt must not get what was kept for this one.
      opening = new Opening(this.#begin(hub, channel), (failed) => rememberAll(hub, failed.take()));
      openings.set(channel, opening);
    }
    opening.holderCount++;
    return opening;
  }

  /**
   * Releases a hold, because the subscription was made or was abandoned. What was kept is delivered if the channel has a
   * subscriber by now, and only remembered if the last hold is gone.
   */
  release(hub: AppHub, channel: string, opening: Opening): void {
    opening.holderCount--;
    const isOccupied = hub.channels.has(channel);
    if (isOccupied) for (const arrival of opening.take()) publishFromNode(hub, arrival);
    if (opening.holderCount > 0) return;
    const openings = this.#apps.get(hub);
    // This opening has failed, and another one has replaced it.
    if (openings?.get(channel) !== opening) return;
    openings.delete(channel);
    if (openings.size === 0) this.#apps.delete(hub);
    if (isOccupied) return;
    rememberAll(hub, opening.take());
    this.#close(hub, channel);
  }

  /** Whether a pending subscription waits for the channel. */
  isOpening(hub: AppHub, channel: string): boolean {
    return this.#apps.get(hub)?.has(channel) === true;
  }

  /** Keeps an event of another node if the channel is being opened. */
  keep(hub: AppHub, channel: string, arrival: Arrival): void {
    this.#find(hub, channel)?.keep(arrival);
  }

  /**
   * Keeps an event of this node's API for those of its channels that are being opened: what other nodes publish before
   * and after it is kept as well. Returns the publication for the other channels.
   */
  defer(hub: AppHub, publication: Publication): Publication {
    if (!this.#apps.has(hub)) return publication;
    const channels = publication.channels.filter((channel) => {
      const opening = this.#find(hub, channel);
      opening?.keep({ publication: { ...publication, channels: [channel] }, origin: "api" });
      return opening === undefined;
    });
    return { ...publication, channels };
  }

  /**
   * To be called when the channel has lost its last subscriber. Closes it, unless a pending subscription holds it.
   */
  vacated(hub: AppHub, channel: string): void {
    if (!this.isOpening(hub, channel)) this.#close(hub, channel);
  }

  /** The opening that keeps what is published to the channel. */
  #find(hub: AppHub, channel: string): Opening | undefined {
    if (hub.channels.has(channel)) return undefined;
    const opening = this.#apps.get(hub)?.get(channel);
    return opening?.hasFailed ? undefined : opening;
  }

  /** A cluster that throws must not break off the end of a socket. */
  #close(hub: AppHub, channel: string): void {
    try {
      this.#cluster.close(hub, channel);
    } catch (error) {
      this.#report(error);
    }
  }

  async #begin(hub: AppHub, channel: string): Promise<void> {
    const what = `open channel "${channel}"`;
    const answer = this.#cluster.open(hub, channel);
    const { cached } = await this.#deadlines.within(answer, OPEN_TIMEOUT_MS, what);
    if (cached !== null) hub.cache.restore(channel, cached);
  }
}

// Channels that are being opened: a socket wants to subscribe, and the cluster has not answered
// yet. What is published to such a channel in the meantime is kept, and delivered once the first
// socket has subscribed. A publish is therefore before the subscription or after it, and never lost
// in between.
import type { AppHub } from "../hub/app-hub.ts";
import { publish } from "../hub/publish.ts";
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
  readonly #kept: Publication[] = [];
  #keptLength = 0;
  /** The number of pending subscriptions that hold it. */
  holderCount = 0;
  hasFailed = false;

  /** `opened` resolves when the channel is open and rejects if it cannot be opened. */
  constructor(opened: Promise<void>) {
    this.ready = opened.then(
      () => null,
      (error: unknown) => {
        this.hasFailed = true;
        // A later opening may let sockets in before this one is released. Its events must not follow then.
        this.take();
        return error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  keep(publication: Publication): void {
    if (this.hasFailed) return;
    this.#kept.push(publication);
    this.#keptLength += lengthOf(publication);
    while (this.#keptLength > MAX_KEPT_LENGTH) {
      const oldest = this.#kept.shift();
      this.#keptLength -= oldest === undefined ? this.#keptLength : lengthOf(oldest);
    }
  }

  /** Removes and returns the publications that were kept. */
  take(): readonly Publication[] {
    this.#keptLength = 0;
    return this.#kept.splice(0);
  }
}

function lengthOf({ event, data }: Publication): number {
  return event.length + data.length + EVENT_LENGTH;
}

/** All channels of a node that are being opened. */
export class Openings {
  readonly #cluster: Cluster;
  readonly #deadlines: Deadlines;
  readonly #apps: Map<AppHub, Map<string, Opening>> = new Map();

  constructor(cluster: Cluster, deadlines: Deadlines) {
    this.#cluster = cluster;
    this.#deadlines = deadlines;
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
    if (opening?.hasFailed) this.#cluster.close(hub, channel);
    if (opening === undefined || opening.hasFailed) {
      opening = new Opening(this.#begin(hub, channel));
      openings.set(channel, opening);
    }
    opening.holderCount++;
    return opening;
  }

  /**
   * Releases a hold, because the subscription was made or was abandoned. If the channel is open by now, what was kept
   * is delivered.
   */
  release(hub: AppHub, channel: string, opening: Opening): void {
    opening.holderCount--;
    const isOpen = hub.channels.has(channel);
    if (isOpen) for (const publication of opening.take()) publish(hub, publication);
    if (opening.holderCount > 0) return;
    const openings = this.#apps.get(hub);
    // This opening has failed, and another one has replaced it.
    if (openings?.get(channel) !== opening) return;
    openings.delete(channel);
    if (openings.size === 0) this.#apps.delete(hub);
    if (!isOpen) this.#cluster.close(hub, channel);
  }

  /** Keeps a publication for those of its channels that are being opened. */
  keep(hub: AppHub, publication: Publication): void {
    const openings = this.#apps.get(hub);
    if (openings === undefined) return;
    for (const channel of publication.channels)
      if (!hub.channels.has(channel))
        openings.get(channel)?.keep({ ...publication, channels: [channel] });
  }

  /**
   * To be called when the channel has lost its last subscriber. Closes it, unless a pending subscription holds it.
   */
  vacated(hub: AppHub, channel: string): void {
    if (this.#apps.get(hub)?.has(channel) !== true) this.#cluster.close(hub, channel);
  }

  async #begin(hub: AppHub, channel: string): Promise<void> {
    const what = `open channel "${channel}"`;
    const answer = this.#cluster.open(hub, channel);
    const { cached } = await this.#deadlines.within(answer, OPEN_TIMEOUT_MS, what);
    if (cached !== null) hub.cache.restore(channel, cached);
  }
}

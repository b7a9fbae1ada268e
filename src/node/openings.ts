// Channels that open: somebody here wants to enter, and the cluster has not said yet that they can. What
// arrives for such a channel meanwhile is kept, and delivered once the first socket has entered: a publish
// is before the subscription or after it, and never lost in between.
import type { AppHub } from "../hub/app-hub.ts";
import { publish } from "../hub/publish.ts";
import type { Publication } from "../protocol/publication.ts";
import type { Cluster } from "./cluster.ts";
import type { Deadlines } from "./deadlines.ts";

/** How long a channel may take to open. */
export const OPEN_TIMEOUT_MS = 10_000;

/** Characters of events that are kept for one channel. Of more the oldest are dropped, as if the subscription had come later. */
export const MAX_KEPT_LENGTH = 1_048_576;

/** A channel that opens, for as long as somebody waits for it. */
export class Opening {
  /** Fulfilled when the channel can be entered; with an error when it cannot. Never rejected. */
  readonly ready: Promise<Error | null>;
  readonly #kept: Publication[] = [];
  #keptLength = 0;
  /** Those who wait. */
  holderCount = 0;
  hasFailed = false;

  /** `opened` is fulfilled when the channel can be entered, and rejected when it cannot. */
  constructor(opened: Promise<void>) {
    this.ready = opened.then(
      () => null,
      (error: unknown) => {
        this.hasFailed = true;
        this.take();
        return error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  /** Keeps it until the first socket has entered. Not after a failure: the channel begins anew for the next one, with events that are newer. */
  keep(publication: Publication): void {
    if (this.hasFailed) return;
    this.#kept.push(publication);
    this.#keptLength += publication.data.length;
    while (this.#keptLength > MAX_KEPT_LENGTH)
      this.#keptLength -= this.#kept.shift()?.data.length ?? this.#keptLength;
  }

  /** What was kept, which is forgotten by that. */
  take(): readonly Publication[] {
    this.#keptLength = 0;
    return this.#kept.splice(0);
  }
}

/** All channels of a node that open. */
export class Openings {
  readonly #cluster: Cluster;
  readonly #deadlines: Deadlines;
  readonly #apps: Map<AppHub, Map<string, Opening>> = new Map();

  constructor(cluster: Cluster, deadlines: Deadlines) {
    this.#cluster = cluster;
    this.#deadlines = deadlines;
  }

  /** Channels that open now. */
  get size(): number {
    let size = 0;
    for (const openings of this.#apps.values()) size += openings.size;
    return size;
  }

  /** The opening of a channel that is not open, begun when nobody waits for it yet. To be released. */
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

  /** One who waited does not wait any more: because the channel was entered, or for good. */
  release(hub: AppHub, channel: string, opening: Opening): void {
    opening.holderCount--;
    const isOpen = hub.channels.has(channel);
    if (isOpen) for (const publication of opening.take()) publish(hub, publication);
    if (opening.holderCount > 0) return;
    const openings = this.#apps.get(hub);
    // It failed, and another one has taken its place.
    if (openings?.get(channel) !== opening) return;
    openings.delete(channel);
    if (openings.size === 0) this.#apps.delete(hub);
    if (!isOpen) this.#cluster.close(hub, channel);
  }

  /** Keeps a publication for a channel that opens. */
  keep(hub: AppHub, channel: string, publication: Publication): void {
    this.#apps.get(hub)?.get(channel)?.keep(publication);
  }

  /** The channel has lost its last subscriber. It stays open as long as somebody waits to enter. */
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

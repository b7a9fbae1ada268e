// Channel events that are true for all nodes together. The owner of a channel notes them, on its own event stream, so that
// each webhook is sent once. Changes of a count are noted as rarely as a node that runs alone notes them.
import type { Edge } from "../../cluster/census/part.ts";
import type { KeySubject } from "../../cluster/keys.ts";
import type { AppHub } from "../../hub/app-hub.ts";
import { channelKind } from "../../protocol/names.ts";
import { whenReady } from "../awaitable.ts";
import type { Node } from "../node.ts";

const MANY_SUBSCRIBERS = 100;
const INTERVAL_MS = 1000;
const LONG_INTERVAL_MS = 5000;

/** The count of a channel that was noted last, and one that waits to be noted. */
interface Counted {
  notedMs: number;
  noted: number;
  /** Null when the last one was noted. */
  waiting: number | null;
}

/** Notes the channel events of the keys that this node owns. */
export class Edges {
  readonly #node: () => Node;
  /** By app and channel. */
  readonly #counts: Map<AppHub, Map<string, Counted>> = new Map();

  constructor(node: () => Node) {
    this.#node = node;
  }

  /** Something became true for a channel. Users' own channels have no events. */
  tell({ appId, name }: KeySubject, edge: Edge): void {
    if (channelKind(name).user) return;
    const node = this.#node();
    const known = node.hub.find(appId);
    if (known !== null) return this.#note(known, name, edge);
    // A node may own channels of an app that it has never served.
    void Promise.resolve(
      whenReady(node.apps.byId(appId), (hub) => {
        if (hub !== null) this.#note(hub, name, edge);
      }),
    ).catch(node.report);
  }

  /** Notes the counts that are due. To be called about once a second. */
  tick(): void {
    for (const [hub, counts] of this.#counts) {
      const nowMs = hub.nowMs();
      for (const [channel, counted] of counts) {
        const { waiting, notedMs } = counted;
        if (waiting === null || nowMs < notedMs + intervalMs(waiting)) continue;
        this.#noteCount(hub, channel, counted, waiting);
      }
    }
  }

  #note(hub: AppHub, channel: string, edge: Edge): void {
    switch (edge.kind) {
      case "occupied":
        return hub.note({ kind: "channel_occupied", channel });
      case "vacated":
        this.#counts.get(hub)?.delete(channel);
        return hub.note({ kind: "channel_vacated", channel });
      case "added":
        return hub.note({ kind: "member_added", channel, userId: edge.userId });
      case "removed":
        return hub.note({ kind: "member_removed", channel, userId: edge.userId });
      case "count":
        return this.#count(hub, channel, edge.count);
    }
  }

  #count(hub: AppHub, channel: string, count: number): void {
    if (!hub.app.subscriptionCount || channelKind(channel).presence) return;
    const counted = this.#counts
      .getOrInsertComputed(hub, () => new Map<string, Counted>())
      .getOrInsertComputed(channel, () => ({ notedMs: -Infinity, noted: 0, waiting: null }));
    // The count is told anew after a change of nodes, whether or not it has changed.
    if (counted.noted === count && counted.waiting === null) return;
    if (hub.nowMs() < counted.notedMs + intervalMs(count)) counted.waiting = count;
    else this.#noteCount(hub, channel, counted, count);
  }

  #noteCount(hub: AppHub, channel: string, counted: Counted, count: number): void {
    counted.notedMs = hub.nowMs();
    counted.noted = count;
    counted.waiting = null;
    hub.note({ kind: "subscription_count", channel, count });
  }
}

function intervalMs(count: number): number {
  return count > MANY_SUBSCRIBERS ? LONG_INTERVAL_MS : INTERVAL_MS;
}

// What slow sockets of one channel have not been sent: of each conflation key only the newest
// message, of everything else the last ones. It is one list for all of them, so that a publish costs
// the same however many lag; a socket remembers only from where on it misses. Bounded in bytes: a
// socket that misses what had to be thrown away cannot be brought up to date.
import { NO_TAGS, type Tags } from "../filter/tags.ts";
import type { Notice } from "../protocol/frames.ts";
import { deliversTags } from "./delta-cohort.ts";
import type { Cohort } from "./cohort.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket } from "./ports.ts";

/** Bytes that one channel keeps for its slow sockets, at most. */
export const MAX_BACKLOG_BYTES = 524_288;

interface Entry {
  readonly order: number;
  readonly bytes: number;
  /** Null for what the server tells all. */
  readonly event: string | null;
  readonly tags: Tags;
  readonly exceptId: string | null;
  readonly frame: (cohort: Cohort) => string;
}

/** See the file's head. It exists while the channel has slow sockets. */
export class Backlog {
  /** By conflation key, or by number where there is none; in the order of their coming. */
  readonly #entries = new Map<string, Entry>();
  #order = 0;
  #bytes = 0;
  /** The number of the newest entry that had to be thrown away. */
  #lostOrder = -1;
  /** Slow sockets on the channel. */
  socketCount = 0;

  /** The number of the next entry: a socket that begins to lag misses from here on. */
  get order(): number {
    return this.#order;
  }

  /** Adds a publication. With a conflation key it replaces the earlier one of that key. */
  add(outgoing: Outgoing, except: Socket | null): void {
    const { publication } = outgoing;
    const keyed = publication.compressible && outgoing.channel.settings.keyPath.length > 0;
    const key = keyed ? outgoing.conflationKey : "";
    this.#put(key === "" ? null : key, {
      order: this.#order,
      bytes: outgoing.text(false).length,
      event: publication.event,
      tags: publication.tags,
      exceptId: except?.id ?? null,
      frame: (cohort) => outgoing.text(deliversTags(cohort)),
    });
  }

  /** Adds something of the server's own. */
  addNotice(notice: Notice): void {
    this.#put(null, {
      order: this.#order,
      bytes: NOTICE_BYTES,
      event: null,
      tags: NO_TAGS,
      exceptId: null,
      frame: ({ traits }) => notice(traits.dialect),
    });
  }

  /** The frames that a socket of the cohort misses since that number; null when some of them are gone. */
  missedBy(socket: Socket, cohort: Cohort, since: number): readonly string[] | null {
    if (this.#lostOrder >= since) return null;
    const frames: string[] = [];
    for (const { order, event, tags, exceptId, frame } of this.#entries.values()) {
      if (order < since || exceptId === socket.id) continue;
      if (event === null || cohort.wants(event, tags)) frames.push(frame(cohort));
    }
    return frames;
  }

  #put(key: string | null, entry: Entry): void {
    this.#order++;
    const name = key === null ? ` ${entry.order}` : `k${key}`;
    const replaced = this.#entries.get(name);
    if (replaced !== undefined) {
      this.#bytes -= replaced.bytes;
      // Moved to the end: the list stays in order.
      this.#entries.delete(name);
    }
    this.#entries.set(name, entry);
    this.#bytes += entry.bytes;
    while (this.#bytes > MAX_BACKLOG_BYTES) this.#throwAwayOldest();
  }

  #throwAwayOldest(): void {
    for (const [name, { order, bytes }] of this.#entries) {
      this.#entries.delete(name);
      this.#bytes -= bytes;
      this.#lostOrder = Math.max(this.#lostOrder, order);
      return;
    }
  }
}

/** What a notice is counted as; presence lists are not among them. */
const NOTICE_BYTES = 512;

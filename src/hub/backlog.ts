// What slow sockets of one channel have not been sent: of each conflation key only the newest
// message, of everything else the last ones. It is one list for all of them, so that a publish costs
// the same however many lag; a socket remembers only from where on it misses. Bounded in bytes: a
// socket that misses what had to be thrown away cannot be brought up to date.
import type { Tags } from "../filter/tags.ts";
import type { Notice } from "../protocol/frames.ts";
import type { Cohort } from "./cohort.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket } from "./ports.ts";

/** Bytes of frames without a conflation key that one channel keeps for its slow sockets, at most. */
export const MAX_BACKLOG_BYTES = 524_288;
/** Of those with one. They are bounded by the number of keys as well, and are what a slow client is to get. */
export const MAX_KEYED_BYTES = 2_097_152;

/** Who a publication concerns. */
export interface Missing {
  /** Names the cohorts with slow sockets that want it: equal texts, the same cohorts. */
  readonly cohorts: string;
  /** The slow socket that is left out, or null. */
  readonly except: Socket | null;
}

// Frames and not what made them: those would keep bases and deltas alive.
type Content =
  | {
      readonly kind: "message";
      readonly event: string;
      readonly tags: Tags;
      readonly bare: string;
      readonly tagged: string;
      readonly exceptId: string | null;
    }
  | { readonly kind: "notice"; readonly notice: Notice };

interface Entry {
  readonly order: number;
  readonly bytes: number;
  readonly keyed: boolean;
  readonly content: Content;
}

/** A frame that a socket misses, and its number. */
export interface Missed {
  readonly order: number;
  readonly frame: string;
}

/** See the file's head. It exists while the channel has slow sockets. */
export class Backlog {
  /** By conflation key and cohorts, or by number where there is no key; roughly in the order of their coming. */
  readonly #entries = new Map<string, Entry>();
  #order = 0;
  #plainBytes = 0;
  #keyedBytes = 0;
  /** The number of the newest entry that had to be thrown away. */
  #lostOrder = -1;
  /** Slow sockets on the channel. */
  socketCount = 0;

  /** The number of the next entry: a socket that begins to lag misses from here on. */
  get order(): number {
    return this.#order;
  }

  /** Adds a publication. It replaces the earlier one of its conflation key for those who get both. */
  add(outgoing: Outgoing, { cohorts, except }: Missing): void {
    const { publication, channel } = outgoing;
    const bare = outgoing.text(false);
    const tagged = channel.settings.deliverTags ? outgoing.text(true) : bare;
    const bytes = Buffer.byteLength(bare) + (tagged === bare ? 0 : Buffer.byteLength(tagged));
    const { event, tags } = publication;
    const exceptId = except?.id ?? null;
    const content = { kind: "message", event, tags, bare, tagged, exceptId } as const;
    const keyed = publication.compressible && channel.settings.keyPath.length > 0;
    const key = keyed ? outgoing.conflationKey : "";
    if (key === "") return this.#put(`${this.#order}`, { bytes, keyed: false, content });
    const name = `${cohorts}:${key}`;
    this.#keepFor(name, exceptId);
    this.#put(name, { bytes, keyed: true, content });
  }

  /** Adds something of the server's own. */
  addNotice(notice: Notice): void {
    const content = { kind: "notice", notice } as const;
    this.#put(`${this.#order}`, { bytes: NOTICE_BYTES, keyed: false, content });
  }

  /** Whether something since that number is gone. */
  hasLost(since: number): boolean {
    return this.#lostOrder >= since;
  }

  /** The frames that a socket of the cohort misses since that number, in their order; null when some of them are gone. */
  missedBy(socket: Socket, cohort: Cohort, since: number): readonly Missed[] | null {
    if (this.hasLost(since)) return null;
    return [...this.#entries.values()]
      .filter(({ order, content }) => order >= since && concerns(content, socket, cohort))
      .toSorted((a, b) => a.order - b.order)
      .map(({ order, content }) => ({ order, frame: frameFor(content, cohort) }));
  }

  /**
   * Keeps the newest message of the name for the one who will not get the next. One is enough:
   * whoever the present newest left out gets the next.
   */
  #keepFor(name: string, exceptId: string | null): void {
    const newest = this.#entries.get(name);
    const standIn = `!${name}`;
    if (exceptId === null) return this.#remove(standIn);
    if (newest?.content.kind !== "message" || newest.content.exceptId === exceptId) return;
    this.#remove(standIn);
    this.#entries.set(standIn, newest);
    this.#count(newest, 1);
  }

  #put(name: string, given: Omit<Entry, "order">): void {
    // Moved to the end: the first entries are the ones to throw away.
    this.#remove(name);
    const entry = { ...given, order: this.#order++ };
    this.#entries.set(name, entry);
    this.#count(entry, 1);
    while (this.#plainBytes > MAX_BACKLOG_BYTES) this.#throwAwayOldest(false);
    while (this.#keyedBytes > MAX_KEYED_BYTES) this.#throwAwayOldest(true);
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#count(entry, -1);
  }

  #count({ bytes, keyed }: Entry, sign: 1 | -1): void {
    if (keyed) this.#keyedBytes += sign * bytes;
    else this.#plainBytes += sign * bytes;
  }

  #throwAwayOldest(ofKeyed: boolean): void {
    for (const [name, { order, keyed }] of this.#entries) {
      if (keyed !== ofKeyed) continue;
      this.#remove(name);
      this.#lostOrder = Math.max(this.#lostOrder, order);
      return;
    }
  }
}

/** What a notice is counted as; presence lists are not among them. */
const NOTICE_BYTES = 512;

function concerns(content: Content, socket: Socket, cohort: Cohort): boolean {
  if (content.kind === "notice") return true;
  return content.exceptId !== socket.id && cohort.wants(content.event, content.tags);
}

function frameFor(content: Content, { deliversTags, traits }: Cohort): string {
  if (content.kind === "notice") return content.notice(traits.dialect);
  return deliversTags ? content.tagged : content.bare;
}

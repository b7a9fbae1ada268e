// What slow sockets of one channel have not been sent: of each conflation key only the newest
// message, of everything else the last ones. It is one list for all of them, so that a publish costs
// the same however many lag; a socket remembers only from where on it misses. Bounded in bytes: a
// socket that misses what had to be thrown away cannot be brought up to date.
import type { Tags } from "../filter/tags.ts";
import type { Notice } from "../protocol/frames.ts";
import type { Cohort } from "./cohort.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket } from "./ports.ts";

/** Bytes of frames without a conflation key that one channel keeps for its slow sockets, at most, unless its events may be larger. */
export const MAX_BACKLOG_BYTES = 524_288;
/** Of those with one. They are bounded by the number of keys as well, and are what a slow client is to get. */
export const MAX_KEYED_BYTES = 2_097_152;

/** What an entry takes beside its frame, about: objects, and its places in lists. */
const ENTRY_BYTES = 384;

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
  /** Of a message with a conflation key: key and cohorts. */
  readonly name: string | null;
  readonly content: Content;
}

/** Entries by their number, in its order. */
type Entries = Map<number, Entry>;

/** See the file's head. It exists while the channel has slow sockets. */
export class Backlog {
  readonly #entries: Entries = new Map();
  /** The same, apart: each has its own bound and its own oldest. */
  readonly #plain: Entries = new Map();
  readonly #keyed: Entries = new Map();
  /** The numbers of each name's newest entry, and of the one that is kept beside it. */
  readonly #newest: Map<string, number> = new Map();
  readonly #spare: Map<string, number> = new Map();
  readonly #maxPlainBytes: number;
  readonly #counted: (bytes: number) => void;
  #order = 0;
  #plainBytes = 0;
  #keyedBytes = 0;
  /** The number of the newest entry that had to be thrown away. */
  #lostOrder = -1;
  /** Slow sockets on the channel. */
  socketCount = 0;

  /** `maxEventBytes` is the size of the largest events; `counted` is told how much memory the backlog takes more, or less. */
  constructor(maxEventBytes = 0, counted: (bytes: number) => void = () => {}) {
    // One of the largest may be on its way to a socket, and the next one comes.
    this.#maxPlainBytes = Math.max(MAX_BACKLOG_BYTES, maxEventBytes * 2);
    this.#counted = counted;
  }

  /** The number of the next entry: a socket that begins to lag misses from here on. */
  get order(): number {
    return this.#order;
  }

  /** Memory that it takes, about. */
  get bytes(): number {
    return this.#plainBytes + this.#keyedBytes;
  }

  /** Adds a publication. It replaces the earlier one of its conflation key for those who get both. */
  add(outgoing: Outgoing, { cohorts, except }: Missing): void {
    const { publication, channel } = outgoing;
    const bare = outgoing.text(false);
    const tagged = channel.settings.deliverTags ? outgoing.text(true) : bare;
    const bytes = textBytes(bare) + (tagged === bare ? 0 : textBytes(tagged));
    const { event, tags } = publication;
    const exceptId = except?.id ?? null;
    const content = { kind: "message", event, tags, bare, tagged, exceptId } as const;
    const keyed = publication.compressible && channel.settings.keyPath.length > 0;
    const key = keyed ? outgoing.conflationKey : "";
    if (key === "") return this.#put({ bytes, name: null, content });
    const name = `${cohorts}:${key}`;
    this.#replace(name, exceptId);
    this.#put({ bytes: bytes + textBytes(name), name, content });
  }

  /** Adds something of the server's own. */
  addNotice(notice: Notice): void {
    this.#put({ bytes: NOTICE_BYTES, name: null, content: { kind: "notice", notice } });
  }

  /** Whether something since that number is gone. */
  hasLost(since: number): boolean {
    return this.#lostOrder >= since;
  }

  /** Goes through what a socket misses since that number. */
  from(since: number): Cursor {
    return new Cursor(this, since, this.#entries.values());
  }

  /** Forgets everything: nobody on the channel is slow any more. */
  clear(): void {
    this.#counted(-this.bytes);
    this.#plainBytes = 0;
    this.#keyedBytes = 0;
    for (const each of [this.#entries, this.#plain, this.#keyed, this.#newest, this.#spare])
      each.clear();
  }

  /**
   * Makes room for the next message of the name. Its newest one stays for the one who will not get the next.
   * One is enough: whoever the present newest left out gets the next.
   */
  #replace(name: string, exceptId: string | null): void {
    const order = this.#newest.get(name);
    const newest = order === undefined ? undefined : this.#keyed.get(order);
    if (newest === undefined) return;
    const staysFor = exceptId !== null && newest.content.kind === "message";
    if (staysFor && newest.content.exceptId === exceptId) return this.#remove(newest);
    const spare = this.#keyed.get(this.#spare.get(name) ?? -1);
    if (spare !== undefined) this.#remove(spare);
    if (staysFor) this.#spare.set(name, newest.order);
    else this.#remove(newest);
  }

  #put(given: Omit<Entry, "order">): void {
    const entry = { ...given, order: this.#order++ };
    this.#entries.set(entry.order, entry);
    (entry.name === null ? this.#plain : this.#keyed).set(entry.order, entry);
    if (entry.name !== null) this.#newest.set(entry.name, entry.order);
    this.#count(entry, 1);
    while (this.#plainBytes > this.#maxPlainBytes) this.#throwAwayOldest(this.#plain);
    while (this.#keyedBytes > MAX_KEYED_BYTES) this.#throwAwayOldest(this.#keyed);
  }

  #remove(entry: Entry): void {
    const { order, name } = entry;
    this.#count(entry, -1);
    this.#entries.delete(order);
    if (name === null) return void this.#plain.delete(order);
    this.#keyed.delete(order);
    if (this.#newest.get(name) === order) this.#newest.delete(name);
    if (this.#spare.get(name) === order) this.#spare.delete(name);
  }

  #count({ bytes, name }: Entry, sign: 1 | -1): void {
    const change = sign * (bytes + ENTRY_BYTES);
    if (name === null) this.#plainBytes += change;
    else this.#keyedBytes += change;
    this.#counted(change);
  }

  #throwAwayOldest(entries: Entries): void {
    const [oldest] = entries.values();
    if (oldest === undefined) return;
    this.#remove(oldest);
    this.#lostOrder = Math.max(this.#lostOrder, oldest.order);
  }
}

/**
 * One socket's way through a backlog. It goes on where it stopped and sees what has come meanwhile: of each
 * conflation key the message that is the newest when it gets there.
 */
export class Cursor {
  readonly #backlog: Backlog;
  /** Sees what is added, and not what is removed, before it comes there. */
  readonly #entries: Iterator<Entry>;
  #since: number;

  constructor(backlog: Backlog, since: number, entries: Iterator<Entry>) {
    this.#backlog = backlog;
    this.#since = since;
    this.#entries = entries;
  }

  /** Whether something that it has not come to yet had to be thrown away. */
  get isLost(): boolean {
    return this.#backlog.hasLost(this.#since);
  }

  /** The next frame for a socket of the cohort; null at the end, and then it is not asked again. */
  next(socket: Socket, cohort: Cohort): string | null {
    for (;;) {
      const { value, done } = this.#entries.next();
      if (done === true) return null;
      if (value.order < this.#since) continue;
      this.#since = value.order + 1;
      if (concerns(value.content, socket, cohort)) return frameFor(value.content, cohort);
    }
  }
}

/** What a notice is counted as; presence lists are not among them. */
const NOTICE_BYTES = 512;

/** Memory of a text: one byte a character, or two where one of them needs it. */
function textBytes(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : text.length * 2;
}

function concerns(content: Content, socket: Socket, cohort: Cohort): boolean {
  if (content.kind === "notice") return true;
  return content.exceptId !== socket.id && cohort.wants(content.event, content.tags);
}

function frameFor(content: Content, { deliversTags, traits }: Cohort): string {
  if (content.kind === "notice") return content.notice(traits.dialect);
  return deliversTags ? content.tagged : content.bare;
}

// What the lagging sockets of one channel have not been sent: of each conflation key only the newest
// message, of everything else the last ones. It is one list for all of them, so that a publish costs
// the same however many lag; a socket keeps only the position from which on it misses. The list is
// bounded in bytes: a socket that misses what had to be dropped cannot be brought up to date.
import type { Tags } from "../../filter/tags.ts";
import type { Codec, EventWriter, Frame } from "../../protocol/codec.ts";
import type { Message, MessageChannel } from "../../protocol/messages.ts";
import type { Peer } from "../ports.ts";

/** Bytes of frames without a conflation key that one channel keeps for its lagging sockets, at most, unless its events may be larger. */
export const MAX_BACKLOG_BYTES = 524_288;
/** The same for frames with a conflation key, whose number is bounded by that of the keys as well. */
export const MAX_KEYED_BYTES = 2_097_152;

/** What an entry takes beside its frame, about: objects, and its places in lists. */
const ENTRY_BYTES = 384;

/** What the backlog has to know of a cohort. */
export interface Receiver {
  readonly traits: { readonly codec: Codec };
  readonly deliversTags: boolean;
  wants(event: string, tags: Tags): boolean;
}

/** A publication that some socket has not been sent. Frames and not what made them: that would keep bases and deltas in memory. */
export interface MissedEvent {
  readonly event: string;
  readonly tags: Tags;
  /** The JSON frame without tags, and with them where they are delivered. */
  readonly bare: string;
  readonly tagged: string;
  /** For the other formats that lagging sockets use. */
  readonly writers: readonly EventWriter[];
  readonly channel: MessageChannel;
  /** Empty for none. */
  readonly conflationKey: string;
}

/** Who a publication concerns. */
export interface Recipients {
  /** Identifies the cohorts of `Backlog.cohorts` that want the event: equal texts, the same cohorts. */
  readonly cohorts: string;
  /** The lagging socket that is left out, or null. */
  readonly except: Peer | null;
}

type Content =
  | { readonly kind: "event"; readonly missed: MissedEvent; readonly exceptId: string | null }
  /** A message of the server's own. */
  | { readonly kind: "server"; readonly message: Message };

interface Entry {
  readonly order: number;
  readonly bytes: number;
  /** All that was ever added to the backlog, this entry included. */
  readonly addedBytes: number;
  /** Of an event with a conflation key: the key and the cohorts. */
  readonly name: string | null;
  readonly content: Content;
}

/** Entries by their number, in its order. */
type Entries = Map<number, Entry>;

/** A channel has one as long as sockets of it lag. */
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
  /** Cohorts of which some socket has lagged since the backlog exists. */
  readonly cohorts: Set<Receiver> = new Set();
  #order = 0;
  #addedBytes = 0;
  #plainBytes = 0;
  #keyedBytes = 0;
  /** The number of the newest entry that had to be dropped. */
  #droppedOrder = -1;
  /** Lagging sockets on the channel. */
  socketCount = 0;

  /** `maxEventBytes` is the size of the largest events; `counted` is told how much memory the backlog takes more, or less. */
  constructor(maxEventBytes: number, counted: (bytes: number) => void) {
    // One of the largest may be on its way to a socket, and the next one comes.
    this.#maxPlainBytes = Math.max(MAX_BACKLOG_BYTES, maxEventBytes * 2);
    this.#counted = counted;
  }

  /** The number of the next entry: a socket that begins to lag misses from here on. */
  get order(): number {
    return this.#order;
  }

  /** All that was ever added. */
  get addedBytes(): number {
    return this.#addedBytes;
  }

  /** Memory that it takes, about. */
  get bytes(): number {
    return this.#plainBytes + this.#keyedBytes;
  }

  /** Adds an event. It replaces the earlier one of its conflation key for sockets that get both. */
  add(missed: MissedEvent, { cohorts, except }: Recipients): void {
    const { bare, tagged, conflationKey } = missed;
    const bytes = textBytes(bare) + (tagged === bare ? 0 : textBytes(tagged));
    const exceptId = except?.id ?? null;
    const content = { kind: "event", missed, exceptId } as const;
    if (conflationKey === "") return this.#put({ bytes, name: null, content });
    const name = `${cohorts}:${conflationKey}`;
    this.#replace(name, exceptId);
    this.#put({ bytes: bytes + textBytes(name), name, content });
  }

  /** Adds a message of the server's own. */
  addMessage(message: Message): void {
    this.#put({ bytes: MESSAGE_BYTES, name: null, content: { kind: "server", message } });
  }

  /** Whether an entry since that number had to be dropped. */
  hasDropped(since: number): boolean {
    return this.#droppedOrder >= since;
  }

  /** The entries since that number. The iterator must not be kept: it would keep everything in memory that is removed meanwhile. */
  *since(order: number): Generator<Entry, void> {
    for (const entry of this.#entries.values()) if (entry.order >= order) yield entry;
  }

  /** Drops its older half. */
  halve(): void {
    const bytes = this.bytes / 2;
    for (const entry of this.#entries.values()) {
      if (this.bytes <= bytes) return;
      this.#drop(entry);
    }
  }

  /** Forgets everything: no socket of the channel lags any more. */
  clear(): void {
    this.#counted(-this.bytes);
    this.#plainBytes = 0;
    this.#keyedBytes = 0;
    for (const each of [this.#entries, this.#plain, this.#keyed, this.#newest, this.#spare])
      each.clear();
  }

  /**
   * Makes room for the next event of the name. The newest one stays for the socket that is left out of the next.
   * One is enough: the socket that was left out of the newest gets the next.
   */
  #replace(name: string, exceptId: string | null): void {
    const order = this.#newest.get(name);
    const newest = order === undefined ? undefined : this.#keyed.get(order);
    if (newest === undefined) return;
    const staysFor = exceptId !== null && newest.content.kind === "event";
    if (staysFor && newest.content.exceptId === exceptId) return this.#remove(newest);
    const spare = this.#keyed.get(this.#spare.get(name) ?? -1);
    if (spare !== undefined) this.#remove(spare);
    if (staysFor) this.#spare.set(name, newest.order);
    else this.#remove(newest);
  }

  #put(given: Pick<Entry, "bytes" | "name" | "content">): void {
    const bytes = given.bytes + ENTRY_BYTES;
    this.#addedBytes += bytes;
    const entry = { ...given, bytes, order: this.#order++, addedBytes: this.#addedBytes };
    this.#entries.set(entry.order, entry);
    (entry.name === null ? this.#plain : this.#keyed).set(entry.order, entry);
    if (entry.name !== null) this.#newest.set(entry.name, entry.order);
    this.#count(entry, 1);
    while (this.#plainBytes > this.#maxPlainBytes) this.#dropOldest(this.#plain);
    while (this.#keyedBytes > MAX_KEYED_BYTES) this.#dropOldest(this.#keyed);
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
    const change = sign * bytes;
    if (name === null) this.#plainBytes += change;
    else this.#keyedBytes += change;
    this.#counted(change);
  }

  #dropOldest(entries: Entries): void {
    const [oldest] = entries.values();
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(entry: Entry): void {
    this.#remove(entry);
    this.#droppedOrder = Math.max(this.#droppedOrder, entry.order);
  }
}

/** The position of one socket in a backlog. */
export class Cursor {
  readonly #backlog: Backlog;
  #since: number;
  #addedBytes: number;

  /** The socket misses what comes from now on, or what came since that number. */
  constructor(backlog: Backlog, since: number = backlog.order) {
    this.#backlog = backlog;
    this.#since = since;
    this.#addedBytes = since === backlog.order ? backlog.addedBytes : 0;
  }

  /** Whether something that it has not been sent yet had to be dropped. */
  get hasGap(): boolean {
    return this.#backlog.hasDropped(this.#since);
  }

  /** Memory of what it has not been sent yet, at most. */
  get missedBytes(): number {
    return Math.min(this.#backlog.bytes, this.#backlog.addedBytes - this.#addedBytes);
  }

  /**
   * The frames that a socket of the cohort misses, one after the other, each the newest of its conflation key. The
   * cursor moves past each frame that is taken. The iterator must be used up at once, or dropped and made again.
   */
  *frames(socket: Peer, cohort: Receiver): Generator<Frame, void> {
    for (const { order, addedBytes, content } of this.#backlog.since(this.#since)) {
      this.#since = order + 1;
      this.#addedBytes = addedBytes;
      if (isFor(content, socket, cohort)) yield frameFor(content, cohort);
    }
  }
}

/** What a message of the server's own is counted as; presence lists are not among them. */
const MESSAGE_BYTES = 512;

/** Memory of a text: one byte a character, or two where one of them needs it. */
function textBytes(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : text.length * 2;
}

function isFor(content: Content, socket: Peer, cohort: Receiver): boolean {
  if (content.kind === "server") return true;
  const { event, tags } = content.missed;
  return content.exceptId !== socket.id && cohort.wants(event, tags);
}

function frameFor(content: Content, { deliversTags, traits }: Receiver): Frame {
  const { codec } = traits;
  if (content.kind === "server") return codec.write(content.message);
  const { bare, tagged, writers, channel } = content.missed;
  const writer = writers.find(({ format }) => format === codec.events);
  if (writer !== undefined) return writer.write(channel, deliversTags);
  return deliversTags ? tagged : bare;
}

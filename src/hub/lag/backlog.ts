// The messages that the lagging sockets of one channel have missed: the newest message of each
// conflation key, and the latest of the messages without one. All lagging sockets share one list,
// so the cost of a publish does not depend on how many sockets lag; each socket has only a position
// in the list. The list is bounded in bytes. A socket that has missed an entry which was dropped to
// make room cannot be brought up to date.
import type { Tags } from "../../filter/tags.ts";
import type { Codec, EventWriter, Frame } from "../../protocol/codec.ts";
import type { Message, MessageChannel } from "../../protocol/messages.ts";
import type { Peer } from "../ports.ts";

/** Maximum bytes of frames without a conflation key in the backlog of one channel. Raised if events may be larger. */
export const MAX_BACKLOG_BYTES = 524_288;
/** The same for frames with a conflation key. Their number is also bounded by the number of keys. */
export const MAX_KEYED_BYTES = 2_097_152;

/** The approximate memory of an entry besides its frame: its objects, and its places in the maps. */
const ENTRY_BYTES = 384;

/** What the backlog needs to know about a cohort. */
export interface Receiver {
  readonly traits: { readonly codec: Codec };
  readonly deliversTags: boolean;
  wants(event: string, tags: Tags): boolean;
}

/**
 * A publication that some socket has missed. It holds finished frames rather than what they were made from, because
 * that would keep bases and deltas in memory.
 */
export interface MissedEvent {
  readonly event: string;
  readonly tags: Tags;
  /** The JSON frame without tags, and with tags if the channel delivers them. */
  readonly untagged: string;
  readonly tagged: string;
  /** The writers for the other formats that lagging sockets use. */
  readonly writers: readonly EventWriter[];
  readonly channel: MessageChannel;
  /** Empty for none. */
  readonly conflationKey: string;
}

/** The lagging sockets that a publication is for. */
export interface Recipients {
  /**
   * Identifies the cohorts of `Backlog.cohorts` that should get the event: the text is equal if and only if the
   * cohorts are the same.
   */
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
  /** The total of all bytes ever added to the backlog, up to and including this entry. */
  readonly addedBytes: number;
  /** For an event with a conflation key: the cohorts and the key. Null for all other entries. */
  readonly name: string | null;
  readonly content: Content;
}

/** Entries by their order number, in that order. */
type Entries = Map<number, Entry>;

/** The backlog of one channel. It exists only while sockets of the channel lag. */
export class Backlog {
  readonly #entries: Entries = new Map();
  /** The same entries, divided into two groups. Each group has its own limit and drops its own oldest entry. */
  readonly #plain: Entries = new Map();
  readonly #keyed: Entries = new Map();
  /** By name: the order number of the newest entry, and of the one that is kept besides it. */
  readonly #newest: Map<string, number> = new Map();
  readonly #spare: Map<string, number> = new Map();
  readonly #maxPlainBytes: number;
  readonly #counted: (bytes: number) => void;
  /** Cohorts that have had a lagging socket since the backlog was created. */
  readonly cohorts: Set<Receiver> = new Set();
  #order = 0;
  #addedBytes = 0;
  #plainBytes = 0;
  #keyedBytes = 0;
  /** The order number of the newest entry that was dropped to make room. */
  #droppedOrder = -1;
  /** The number of lagging sockets on the channel. */
  socketCount = 0;

  /**
   * `maxEventBytes` is the maximum size of an event. `counted` is called with each change in memory use, which may be
   * negative.
   */
  constructor(maxEventBytes: number, counted: (bytes: number) => void) {
    // Room for two events of the maximum size: one that is being sent to a socket, and the next one.
    this.#maxPlainBytes = Math.max(MAX_BACKLOG_BYTES, maxEventBytes * 2);
    this.#counted = counted;
  }

  /** The order number of the next entry. A socket that begins to lag now misses the entries from this number on. */
  get order(): number {
    return this.#order;
  }

  /** The total of all bytes ever added. */
  get addedBytes(): number {
    return this.#addedBytes;
  }

  /** The approximate memory that the entries use. */
  get bytes(): number {
    return this.#plainBytes + this.#keyedBytes;
  }

  /** Adds an event. For sockets that get both, it replaces the previous event with the same conflation key. */
  add(missed: MissedEvent, { cohorts, except }: Recipients): void {
    const { untagged, tagged, conflationKey } = missed;
    const bytes = textBytes(untagged) + (tagged === untagged ? 0 : textBytes(tagged));
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

  /** Whether any entry with this order number or a later one was dropped to make room. */
  hasDropped(since: number): boolean {
    return this.#droppedOrder >= since;
  }

  /**
   * The entries from that order number on. Do not keep the iterator: it would keep entries in memory that are removed
   * in the meantime.
   */
  *since(order: number): Generator<Entry, void> {
    for (const entry of this.#entries.values()) if (entry.order >= order) yield entry;
  }

  /** Drops the older half. */
  halve(): void {
    const bytes = this.bytes / 2;
    for (const entry of this.#entries.values()) {
      if (this.bytes <= bytes) return;
      this.#drop(entry);
    }
  }

  /** Removes everything. Called when no socket of the channel lags any more. */
  clear(): void {
    this.#counted(-this.bytes);
    this.#plainBytes = 0;
    this.#keyedBytes = 0;
    for (const each of [this.#entries, this.#plain, this.#keyed, this.#newest, this.#spare])
      each.clear();
  }

  /**
   * Makes room for the next event of the name. The newest event is kept if the next one leaves a socket out, because
   * that socket still needs it. Keeping one event is enough: a socket that the newest event left out gets the next
   * one.
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

  /** The socket misses the entries from order number `since` on; by default, those that are added from now on. */
  constructor(backlog: Backlog, since: number = backlog.order) {
    this.#backlog = backlog;
    this.#since = since;
    this.#addedBytes = since === backlog.order ? backlog.addedBytes : 0;
  }

  /** Whether an entry that the socket has not been sent yet was dropped. */
  get hasGap(): boolean {
    return this.#backlog.hasDropped(this.#since);
  }

  /** An upper bound of the memory of the entries that the socket has not been sent yet. */
  get missedBytes(): number {
    return Math.min(this.#backlog.bytes, this.#backlog.addedBytes - this.#addedBytes);
  }

  /**
   * The frames that a socket of the cohort has missed, in order; of each conflation key only the newest. The cursor
   * moves past each frame that is taken. Use the iterator up at once, or discard it and create a new one.
   */
  *frames(socket: Peer, cohort: Receiver): Generator<Frame, void> {
    for (const { order, addedBytes, content } of this.#backlog.since(this.#since)) {
      this.#since = order + 1;
      this.#addedBytes = addedBytes;
      if (isFor(content, socket, cohort)) yield frameFor(content, cohort);
    }
  }
}

/** What a message of the server's own counts as. Presence rosters are never added to a backlog. */
const MESSAGE_BYTES = 512;

/** The memory of a text: one byte per character, or two if any character needs it. */
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
  const { untagged, tagged, writers, channel } = content.missed;
  const writer = writers.find(({ format }) => format === codec.events);
  if (writer !== undefined) return writer.write(channel, deliversTags);
  return deliversTags ? tagged : untagged;
}

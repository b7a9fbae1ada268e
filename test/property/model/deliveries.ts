// The model of channels: which client is subscribed to what, and so what each client must get from each
// operation. It covers filters, exclusion, members, cached events and lagging clients, and knows nothing
// of frames, deltas or waiting.
import type { Dialect } from "../../../src/protocol/dialect.ts";
import { rosterText } from "./replies.ts";
import { type ChannelTraits, channelNamed } from "./channels.ts";
import type { Delivery, Due } from "./delivery.ts";
import { type FilterJson, keyText, type Message, selects, type TagsJson } from "./messages.ts";

/** A message that waits for a lagging client. */
interface Missed {
  readonly delivery: Delivery;
  /** The last message of each key is required, and every message without a key. */
  readonly key: string;
}

interface ModelSubscription {
  readonly filter: FilterJson | undefined;
  readonly missed: Missed[];
  /** Whether more was published than is kept for lagging clients. */
  dropped: boolean;
}

interface ModelClient {
  readonly dialect: Dialect;
  connected: boolean;
  lagging: boolean;
  /** By channel, in the order in which they were made. */
  readonly subscriptions: Map<string, ModelSubscription>;
  due: Map<string, Due[]>;
}

/** The last event of a cache channel. */
export interface Cached {
  readonly message: Message;
  readonly expiresMs: number;
}

/** What is elsewhere on a channel. */
export interface ModelElsewhere {
  readonly subscriptionCount: number;
  readonly userIds: readonly string[];
}

const NOTHING_ELSEWHERE: ModelElsewhere = { subscriptionCount: 0, userIds: [] };

/** How long a cache channel remembers its last event. */
export const CACHE_TTL_MS = 60_000;

interface Sending {
  readonly delivery: Delivery;
  readonly tags: TagsJson;
  readonly key: string;
  readonly except: number | null;
  readonly event: string;
}

/** The model of all channels. Clients are identified by numbers. */
export class Deliveries {
  readonly #clients: readonly ModelClient[];
  /** When each channel's count was last sent, and the channels whose count is still to be sent. */
  readonly #countTold = new Map<string, number>();
  readonly #unsentCounts = new Set<string>();
  /** How often users have joined presence channels since the last tick, and the lingering members. */
  readonly #joinCounts = new Map<string, number>();
  readonly #lingering = new Map<string, { readonly channel: string; readonly userId: string }>();
  /** By channel, whether or not it has subscribers here. */
  readonly #elsewhere = new Map<string, ModelElsewhere>();
  readonly #cache = new Map<string, Cached>();
  #nowMs = 0;

  constructor(dialects: readonly Dialect[]) {
    this.#clients = dialects.map((dialect) => ({
      dialect,
      connected: false,
      lagging: false,
      subscriptions: new Map<string, ModelSubscription>(),
      due: new Map<string, Due[]>(),
    }));
  }

  isConnected(client: number): boolean {
    return this.#clients[client]?.connected === true;
  }

  isLagging(client: number): boolean {
    return this.#clients[client]?.lagging === true;
  }

  isSubscribed(client: number, channel: string): boolean {
    return this.#clients[client]?.subscriptions.has(channel) === true;
  }

  subscribersOf(channel: string): readonly number[] {
    return [...this.#clients.keys()].filter((client) => this.isSubscribed(client, channel));
  }

  /** Whether something that a lagging client missed has been dropped. */
  hasDropped(client: number): boolean {
    const { lagging, subscriptions } = this.#of(client);
    return lagging && [...subscriptions.values()].some(({ dropped }) => dropped);
  }

  subscriptionCount(client: number): number {
    return this.#of(client).subscriptions.size;
  }

  /** Whether the channel has subscribers. */
  isOpen(channel: string): boolean {
    return this.#clients.some(({ subscriptions }) => subscriptions.has(channel));
  }

  /** What is elsewhere on the channel. */
  elsewhereOf(channel: string): ModelElsewhere {
    return this.#elsewhere.get(channel) ?? NOTHING_ELSEWHERE;
  }

  /** Changes what is elsewhere on the channel. At most one user leaves, and at most one comes after that. */
  changeElsewhere(channel: string, now: ModelElsewhere): void {
    const before = this.elsewhereOf(channel);
    this.#elsewhere.set(channel, now);
    if (!this.isOpen(channel)) return;
    if (!channelNamed(channel).presence) {
      if (before.subscriptionCount !== now.subscriptionCount) this.#countChanged(channel);
      return;
    }
    const isHere = (userId: string): boolean => this.#isHere(channel, userId);
    for (const userId of before.userIds)
      if (!now.userIds.includes(userId) && !isHere(userId)) this.#go(channel, userId);
    for (const userId of now.userIds)
      if (!before.userIds.includes(userId) && !isHere(userId)) this.#come(channel, userId);
  }

  /** The ids of the members of a presence channel, or null on any other kind of channel. */
  membersOf(channel: string): readonly string[] | null {
    if (!channelNamed(channel).presence) return null;
    const lingering = [...this.#lingering.values()].filter((gone) => gone.channel === channel);
    const here = this.subscribersOf(channel).map(userOf);
    const gone = lingering.map(({ userId }) => userId);
    return [...new Set([...here, ...gone, ...this.elsewhereOf(channel).userIds])];
  }

  connect(client: number): void {
    const found = this.#of(client);
    found.connected = true;
    found.lagging = false;
  }

  disconnect(client: number): void {
    const found = this.#of(client);
    found.connected = false;
    found.lagging = false;
    for (const channel of found.subscriptions.keys()) this.unsubscribe(client, channel);
  }

  subscribe(client: number, channel: string, filter: FilterJson | undefined): void {
    const { presence } = channelNamed(channel);
    if (presence && !this.#isMember(channel, userOf(client))) this.#come(channel, userOf(client));
    const found = this.#of(client);
    found.subscriptions.set(channel, { filter, missed: [], dropped: false });
    const event = `${found.dialect.internal}subscription_succeeded`;
    this.#tell(found, channel, { event, data: rosterText(this.membersOf(channel)) });
    if (channelNamed(channel).cached) this.#tellCached(found, channel, filter);
    if (!presence) this.#countChanged(channel);
  }

  unsubscribe(client: number, channel: string): void {
    const { presence } = channelNamed(channel);
    this.#of(client).subscriptions.delete(channel);
    if (!presence) this.#countChanged(channel);
    else if (!this.#isMember(channel, userOf(client))) this.#go(channel, userOf(client));
    if (!this.isOpen(channel)) this.#forgetMembers(channel);
  }

  /** Publishes an event of the application, which a cache channel remembers. */
  publish(channel: string, message: Message, except: number | null): void {
    this.remember(channel, message);
    this.deliver(channel, message, except);
  }

  /** A cache channel remembers the event. */
  remember(channel: string, message: Message): void {
    if (channelNamed(channel).cached)
      this.#cache.set(channel, { message, expiresMs: this.#nowMs + CACHE_TTL_MS });
  }

  /** Takes over the cached event that another node knows, unless a newer one is known here. */
  restore(channel: string, cached: Cached): void {
    const known = this.#cache.get(channel);
    if (known === undefined || known.expiresMs < cached.expiresMs) this.#cache.set(channel, cached);
  }

  /** Delivers an event to the subscribers. */
  deliver(channel: string, message: Message, except: number | null): void {
    const { keyPath } = channelNamed(channel);
    const { name: event, data, tags, delta } = message;
    const key = delta ? keyText(data, keyPath) : "";
    this.#send(channel, { delivery: { event, data }, event, tags, key, except });
  }

  clientEvent(client: number, channel: string, event: string, data: string): void {
    const userId = channelNamed(channel).presence ? userOf(client) : undefined;
    const delivery = { event, data, userId };
    this.#send(channel, { delivery, event, tags: {}, key: "", except: client });
  }

  /** Publishes more than is kept for lagging clients, so those on the channel cannot catch up. */
  flood(channel: string, message: Message): void {
    const behind = this.#clients.flatMap(({ lagging, subscriptions }) => {
      const subscription = subscriptions.get(channel);
      return lagging && subscription !== undefined ? [subscription] : [];
    });
    const wanted = behind.some(({ filter }) => selects(filter, message.name, message.tags));
    if (wanted) for (const subscription of behind) subscription.dropped = true;
    this.publish(channel, message, null);
  }

  /** Lets time pass and sends the counts that are due. */
  tick(ms: number): void {
    this.#nowMs += ms;
    for (const channel of Array.from(this.#unsentCounts)) this.#countChanged(channel);
    for (const { channel, userId } of this.#lingering.values())
      this.#memberNotice(channel, "removed", userId);
    this.#lingering.clear();
    this.#joinCounts.clear();
  }

  beginLag(client: number): void {
    this.#of(client).lagging = true;
  }

  /** Returns false if the client cannot catch up and must be closed. */
  endLag(client: number): boolean {
    if (this.hasDropped(client)) return false;
    const found = this.#of(client);
    found.lagging = false;
    for (const [channel, { missed }] of found.subscriptions) {
      for (const [index, { delivery, key }] of missed.entries()) {
        const required = key === "" || !missed.slice(index + 1).some((later) => later.key === key);
        owe(found, channel, { delivery, required });
      }
      missed.length = 0;
    }
    return true;
  }

  /** Returns what the client was due on one channel since the last call. */
  takeDue(client: number, channel: string): readonly Due[] {
    const found = this.#of(client);
    const due = found.due.get(channel) ?? [];
    found.due.delete(channel);
    return due;
  }

  #send(channel: string, sending: Sending): void {
    const traits = channelNamed(channel);
    for (const [index, client] of this.#clients.entries()) {
      const subscription = client.subscriptions.get(channel);
      if (subscription === undefined || index === sending.except) continue;
      if (!selects(subscription.filter, sending.event, sending.tags)) continue;
      const tags = deliveredTags(traits, client, sending.tags);
      const delivery = { ...sending.delivery, tags };
      if (client.lagging) subscription.missed.push({ delivery, key: sending.key });
      else owe(client, channel, { delivery, required: true });
    }
  }

  /** Sends to one subscriber, whether it is lagging or not. */
  #tell(client: ModelClient, channel: string, delivery: Delivery): void {
    owe(client, channel, { delivery, required: true });
  }

  #tellCached(client: ModelClient, channel: string, filter: FilterJson | undefined): void {
    const cached = this.#cache.get(channel);
    if (cached === undefined || cached.expiresMs <= this.#nowMs)
      return this.#tell(client, channel, {
        event: `${client.dialect.prefix}cache_miss`,
        data: "{}",
      });
    const { name: event, data, tags } = cached.message;
    if (!selects(filter, event, tags)) return;
    const delivered = deliveredTags(channelNamed(channel), client, tags);
    this.#tell(client, channel, { event, data, tags: delivered });
  }

  #come(channel: string, userId: string): void {
    const name = `${channel} ${userId}`;
    if (this.#lingering.delete(name)) return;
    this.#joinCounts.set(name, (this.#joinCounts.get(name) ?? 0) + 1);
    this.#memberNotice(channel, "added", userId);
  }

  /** A user who joined more than twice since the last tick lingers until the next tick. */
  #go(channel: string, userId: string): void {
    const name = `${channel} ${userId}`;
    if ((this.#joinCounts.get(name) ?? 0) > 2) this.#lingering.set(name, { channel, userId });
    else this.#memberNotice(channel, "removed", userId);
  }

  /** Nobody lingers on a channel without subscribers, and who joined it before does not count. */
  #forgetMembers(channel: string): void {
    for (const places of [this.#joinCounts, this.#lingering])
      for (const place of Array.from(places.keys()))
        if (place.startsWith(`${channel} `)) places.delete(place);
  }

  #memberNotice(channel: string, change: "added" | "removed", userId: string): void {
    const data = JSON.stringify({ user_id: userId });
    this.#notice(channel, `member_${change}`, data);
  }

  /** Sends the count, at most once a second while the channel exists. */
  #countChanged(channel: string): void {
    this.#unsentCounts.delete(channel);
    if (!this.isOpen(channel)) return void this.#countTold.delete(channel);
    if (this.#nowMs < (this.#countTold.get(channel) ?? -Infinity) + 1000)
      return void this.#unsentCounts.add(channel);
    this.#countTold.set(channel, this.#nowMs);
    const { subscriptionCount } = this.elsewhereOf(channel);
    const count = this.subscribersOf(channel).length + subscriptionCount;
    this.#notice(channel, "subscription_count", JSON.stringify({ subscription_count: count }));
  }

  #notice(channel: string, event: string, data: string): void {
    for (const client of this.#clients) {
      const subscription = client.subscriptions.get(channel);
      const delivery = { event: `${client.dialect.internal}${event}`, data };
      if (client.lagging) subscription?.missed.push({ delivery, key: "" });
      else if (subscription !== undefined) owe(client, channel, { delivery, required: true });
    }
  }

  /** Whether the user is a member here or elsewhere. */
  #isMember(channel: string, userId: string): boolean {
    return this.#isHere(channel, userId) || this.elsewhereOf(channel).userIds.includes(userId);
  }

  #isHere(channel: string, userId: string): boolean {
    return this.subscribersOf(channel).some((client) => userOf(client) === userId);
  }

  #of(client: number): ModelClient {
    const found = this.#clients[client];
    if (found === undefined) throw new Error(`Cannot find client ${client}: there are fewer`);
    return found;
  }
}

/** The user that the client is, on presence channels and when it signs in. Some clients share a user. */
export function userOf(client: number): string {
  return `user-${client % 3}`;
}

function owe(client: ModelClient, channel: string, due: Due): void {
  const list = client.due.get(channel) ?? [];
  client.due.set(channel, list);
  list.push(due);
}

function deliveredTags(
  { deliverTags }: ChannelTraits,
  { dialect }: ModelClient,
  tags: TagsJson,
): TagsJson | undefined {
  if (!deliverTags || dialect.version === 1 || Object.keys(tags).length === 0) return undefined;
  return Object.fromEntries(Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

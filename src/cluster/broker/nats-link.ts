// The link to a NATS server. The client's own reconnection is not used: it would queue what is published meanwhile.
import {
  connect,
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";
import { CONNECT_DEADLINE_MS, MAX_UNANSWERED_BYTES, PUBLISH_COST_BYTES } from "./bounds.ts";
import { reasonOf } from "./bus-error.ts";
import { addressIn, type BrokerAddress } from "./address.ts";
import type { BrokerLink, LinkPurpose } from "./link.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { PartsReader, partsOf } from "./nats-parts.ts";
import { subjectPrefix, token } from "./nats-subject.ts";
import { Probes } from "./probes.ts";
import { PublishBatch } from "./publish-batch.ts";

/** How a link is made. */
export interface NatsLinkSettings extends LinkPurpose {
  /** Servers and credentials. */
  readonly target: ConnectionOptions;
  /** What every subject begins with. */
  readonly prefix: string;
}

/** UTF-8 has at most three bytes for each unit of a text. */
const MAX_BYTES_PER_UNIT = 3;

/** Connects to a server. @throws why it cannot. */
export async function connectNats(settings: NatsLinkSettings): Promise<NatsLink> {
  const connection = await connect({
    ...settings.target,
    name: "fanwire",
    reconnect: false,
    timeout: CONNECT_DEADLINE_MS,
    noAsyncTraces: true,
  });
  return new NatsLink(settings, connection);
}

/** The link. */
export class NatsLink implements BrokerLink {
  readonly #settings: NatsLinkSettings;
  readonly #connection: NatsConnection;
  readonly #subjectPrefix: string;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #parts = new PartsReader();
  readonly #deadlines = new DeadlineQueue();
  readonly #probes = new Probes();
  #partsCount = 0;
  /** What was published and is not yet being confirmed. */
  #batch: PublishBatch | null = null;
  #isConfirming = false;
  #unansweredBytes = 0;
  #lastOutcome: Promise<boolean> = Promise.resolve(true);
  #isBroken = false;

  constructor(settings: NatsLinkSettings, connection: NatsConnection) {
    this.#settings = settings;
    this.#connection = connection;
    this.#subjectPrefix = subjectPrefix(settings.prefix);
    void connection
      .closed()
      .then((error) =>
        this.destroy(error === undefined ? "the connection was closed" : reasonOf(error)),
      );
    void this.#watch();
  }

  /** The other servers of the cluster, as this one knows them. */
  get servers(): readonly BrokerAddress[] {
    return (this.#connection.info?.connect_urls ?? []).flatMap((text) => addressIn(text) ?? []);
  }

  publish(topic: string, text: string): boolean | Promise<boolean> {
    if (this.#isBroken || this.#unansweredBytes > MAX_UNANSWERED_BYTES) return false;
    const batch = this.#batch ?? this.#newBatch();
    batch.bytes += text.length + PUBLISH_COST_BYTES;
    this.#unansweredBytes += text.length + PUBLISH_COST_BYTES;
    try {
      this.#send(this.#subjectPrefix + token(topic), text);
    } catch (error) {
      this.destroy(reasonOf(error));
    }
    return batch.outcome;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      const subscription = this.#connection.subscribe(this.#subjectPrefix + token(topic), {
        callback: (error, message) => {
          if (error === null) this.#received(topic, message);
          else this.destroy(reasonOf(error));
        },
      });
      this.#subscriptions.set(topic, subscription);
    }
    await this.#connection.flush();
  }

  unsubscribe(topics: readonly string[]): void {
    for (const topic of topics) {
      this.#subscriptions.get(topic)?.unsubscribe();
      this.#subscriptions.delete(topic);
    }
  }

  async probe(): Promise<void> {
    const { text, answered } = this.#probes.begin();
    void this.publish(this.#settings.probeTopic, text);
    await answered;
  }

  destroy(reason: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#batch?.settle(false);
    this.#batch = null;
    this.#probes.clear();
    socketOf(this.#connection)?.destroy();
    this.#connection.close().catch(() => undefined);
    this.#settings.events.broken(reason);
  }

  async finish(): Promise<void> {
    await this.#lastOutcome;
    this.#deadlines.clear();
  }

  /** Hears of what is no answer: refused subjects, and a server that is about to end. */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "error") this.destroy(reasonOf(status.error));
      if (status.type === "ldm") this.destroy("the server is about to end");
    }
  }

  #send(subject: string, text: string): void {
    const maxBytes = this.#connection.info?.max_payload ?? 0;
    if (text.length * MAX_BYTES_PER_UNIT <= maxBytes)
      return this.#connection.publish(subject, text);
    const bytes = Buffer.from(text);
    if (bytes.length <= maxBytes) return this.#connection.publish(subject, bytes);
    const id = `${this.#settings.nodeId}_${++this.#partsCount}`;
    for (const part of partsOf(bytes, maxBytes, id))
      this.#connection.publish(subject, part.bytes, { reply: part.label });
  }

  #received(topic: string, { reply, data }: Msg): void {
    const bytes = reply === undefined || reply === "" ? data : this.#parts.read(reply, data);
    if (bytes === undefined || this.#isBroken) return;
    if (topic === this.#settings.probeTopic) this.#probes.arrived(bytes);
    else this.#settings.events.message(topic, bytes);
  }

  #newBatch(): PublishBatch {
    const batch = new PublishBatch();
    this.#batch = batch;
    this.#lastOutcome = batch.outcome;
    this.#deadlines.add(batch);
    if (!this.#isConfirming) setImmediate(() => void this.#confirm());
    return batch;
  }

  /** Asks the server for a sign that it has what was sent, one question at a time. */
  async #confirm(): Promise<void> {
    this.#isConfirming = true;
    for (let batch = this.#batch; batch !== null; batch = this.#batch) {
      this.#batch = null;
      const isPublished = await this.#connection.flush().then(
        () => !this.#isBroken,
        () => false,
      );
      this.#unansweredBytes -= batch.bytes;
      batch.settle(isPublished);
    }
    this.#isConfirming = false;
  }
}

/** The client's socket. Closing a connection by the client alone waits until what is buffered was taken. */
function socketOf(connection: NatsConnection): { destroy(): void } | undefined {
  const steps = ["protocol", "transport", "socket"];
  let value: unknown = connection;
  for (const step of steps)
    value = typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
  return isDestroyable(value) ? value : undefined;
}

function isDestroyable(value: unknown): value is { destroy(): void } {
  return (
    typeof value === "object" &&
    value !== null &&
    "destroy" in value &&
    typeof value.destroy === "function"
  );
}

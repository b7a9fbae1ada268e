// The bus: what carries messages between nodes. A bus routes: a node gets only what is published to
// topics that it has joined. Delivery is at most once, and in order for one sender and one topic.
// What a bus loses while its connection is broken is repaired above it, in the other files of this
// folder.

/** What a bus tells the node. No call may throw, and each must return at once. */
export interface BusEvents {
  /**
   * A message on a topic that this node has joined. The node's own messages may come back too. The text comes from
   * outside: nothing about it is certain.
   */
  readonly message: (topic: string, text: string) => void;
  /**
   * The connection to the broker, or to a part of it, is broken, so messages may be missed from now on. Not called again
   * before `regained`. `reason` is for the log.
   */
  readonly lost: (reason: string) => void;
  /** The connection is there again, and every topic is joined again. Messages may have been missed. */
  readonly regained: () => void;
  /**
   * The bus knows that another node has ended, because it runs on this machine. Everything that the node had sent was
   * delivered before.
   */
  readonly gone: (nodeId: string) => void;
}

/** A connection to the broker. It is made by an `OpenBus`, and it connects again by itself until it is closed. */
export interface Bus {
  /**
   * Sends the text to all nodes that have joined the topic. True when the broker has it, false when that is not certain;
   * there is no error. Nothing is queued while the connection is broken: the result is false at once. The promise
   * settles within a second.
   */
  publish(topic: string, text: string): boolean | Promise<boolean>;
  /**
   * Joins a topic. Once the promise resolves, every message that is published from then on arrives. While the
   * connection is broken it stays pending, and it rejects only when the topic is left or the bus is closed. Topics that are
   * joined or left in one turn of the event loop are one command.
   */
  join(topic: string): Promise<void>;
  /** Leaves a topic. */
  leave(topic: string): void;
  /**
   * Sends a message to this node itself by way of the broker, and resolves when it has come back. May never settle: that
   * is how a broker shows that is reachable but silent.
   */
  probe(): Promise<void>;
  /** Drops the connection, which may be dead without anybody knowing, and connects again. */
  reconnect(): void;
  /** Sends what is under way and disconnects. Never rejects. */
  close(): Promise<void>;
}

/** Who joins a bus. */
export interface BusMember extends BusEvents {
  /** The node, unique among all nodes at all times. Letters and digits. */
  readonly nodeId: string;
}

/**
 * Connects to the broker. Rejects with `Cannot open bus "redis://host:port": reason` if that fails; the caller decides
 * whether to try again. Events come only after it has resolved.
 */
export type OpenBus = (member: BusMember) => Promise<Bus>;

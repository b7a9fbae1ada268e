// A link: the connections to one server of a broker, made once. When one of them breaks, the link is broken for good, and
// the bus makes another. A link queues nothing that it cannot send, and repairs nothing.

/** What a link tells. */
export interface LinkEvents {
  readonly message: (topic: string, bytes: Uint8Array) => void;
  /** The link is broken. Called once. */
  readonly broken: (reason: string) => void;
}

/** What a link is made for. */
export interface LinkPurpose {
  /** Of this node alone, of letters and digits. */
  readonly nodeId: string;
  /** The topic of the link's probes, of this node and server alone. */
  readonly probeTopic: string;
  readonly events: LinkEvents;
}

/** A link. */
export interface BrokerLink {
  /** As `Bus.publish`. */
  publish(topic: string, text: string): boolean | Promise<boolean>;
  /** Resolves when the server delivers these topics. @throws when it refuses one, or the link breaks. */
  subscribe(topics: readonly string[]): Promise<void>;
  unsubscribe(topics: readonly string[]): void;
  /** As `Bus.probe`, if the link is subscribed to the topic of the probes. */
  probe(): Promise<void>;
  /** Breaks the link at once: the server may be silent. */
  destroy(reason: string): void;
  /** Waits for the outcome of every publish. */
  finish(): Promise<void>;
}

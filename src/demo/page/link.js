// The page's connection: pusher-js with the delta shim, as any page would use them. What it counts
// is the shim's count of this connection; nothing is worked out from what the server says of itself.
/* global Pusher, Fanwire */

const NONE = { messages: 0, bytesReceived: 0, bytesWithoutDelta: 0 };

/** One connection at a time, with one subscription. */
export class Link {
  #settings;
  #heard;
  #pusher = null;
  #before = NONE;
  #exchange = null;

  /** `heard` has `quote(data)` and `state(name)`. */
  constructor(settings, heard) {
    this.#settings = settings;
    this.#heard = heard;
  }

  /** Connects anew, with deltas or without, and counts from zero. */
  connect(withDelta) {
    const former = this.#pusher;
    // First, so that nothing is heard of its end.
    this.#pusher = null;
    former?.disconnect();
    // A page that always wants deltas needs no such line: loading the shim is enough.
    Fanwire.install(window, { channels: withDelta ? ["*"] : [] });
    this.#before = Fanwire.stats();
    const isSecure = location.protocol === "https:";
    const port = Number(location.port) || (isSecure ? 443 : 80);
    const pusher = new Pusher(this.#settings.key, {
      cluster: "",
      wsHost: location.hostname,
      wsPort: port,
      wssPort: port,
      forceTLS: isSecure,
      enabledTransports: ["ws", "wss"],
    });
    this.#pusher = pusher;
    this.#addFilters(pusher);
    pusher.connection.bind("state_change", ({ current }) => {
      if (this.#pusher === pusher) this.#heard.state(current);
    });
    this.#subscribe();
  }

  /** Subscribes anew, to the quotes of one exchange, or of all for null. */
  follow(exchange) {
    this.#exchange = exchange;
    const { channel } = this.#settings;
    // What is under way cannot be taken back; it is followed by another when it has arrived.
    if (this.#pusher.channel(channel)?.subscriptionPending) return;
    this.#pusher.unsubscribe(channel);
    this.#subscribe();
  }

  /** What this connection has received. */
  stats() {
    const now = Fanwire.stats();
    return {
      messages: now.messages - this.#before.messages,
      bytesReceived: now.bytesReceived - this.#before.bytesReceived,
      bytesWithoutDelta: now.bytesWithoutDelta - this.#before.bytesWithoutDelta,
    };
  }

  #subscribe() {
    const { channel, event } = this.#settings;
    const exchange = this.#exchange;
    const subscription = this.#pusher.subscribe(channel);
    subscription.bind("pusher:subscription_succeeded", () => {
      if (exchange !== this.#exchange) this.follow(this.#exchange);
    });
    // Until then, what arrives was sent to the subscription before.
    subscription.bind(event, (quote) => {
      if (subscription.subscribed) this.#heard.quote(quote);
    });
  }

  /** pusher-js knows no filters: they are added to what it sends, also after it has reconnected. */
  #addFilters(pusher) {
    const send = pusher.send_event.bind(pusher);
    pusher.send_event = (name, data, channel) => {
      if (name !== "pusher:subscribe" || this.#exchange === null) return send(name, data, channel);
      const filter = { key: "exchange", cmp: "eq", val: this.#exchange };
      return send(name, { ...data, filter }, channel);
    };
  }
}

// The connection of the page: pusher-js with the delta shim, as on any other page. The counts are those of the shim for
// this connection, and not figures of the server.
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

  /** Reconnects with or without deltas and resets the counts. */
  connect(withDelta) {
    const former = this.#pusher;
    // Before it disconnects, so that its end is not reported.
    this.#pusher = null;
    former?.disconnect();
    // A page that always wants deltas does not need this: loading the shim is enough.
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

  /** Resubscribes to the quotes of one exchange, or of all with null. */
  follow(exchange) {
    this.#exchange = exchange;
    const { channel } = this.#settings;
    // A pending subscription cannot be cancelled. Another one follows when it has succeeded.
    if (this.#pusher.channel(channel)?.subscriptionPending) return;
    this.#pusher.unsubscribe(channel);
    this.#subscribe();
  }

  /** The counts of this connection. */
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
    // Until then quotes still arrive for the earlier subscription.
    subscription.bind(event, (quote) => {
      if (subscription.subscribed) this.#heard.quote(quote);
    });
  }

  /** pusher-js has no filters, so they are added to the frames that it sends, also after it has reconnected. */
  #addFilters(pusher) {
    const send = pusher.send_event.bind(pusher);
    pusher.send_event = (name, data, channel) => {
      if (name !== "pusher:subscribe" || this.#exchange === null) return send(name, data, channel);
      const filter = { key: "exchange", cmp: "eq", val: this.#exchange };
      return send(name, { ...data, filter }, channel);
    };
  }
}

// For every stream that docs/delta.md allows, a page gets exactly the messages that were published:
// random streams of whole messages, deltas in both formats and states, on several channels with
// several keys, with deltas that cannot be applied and channels that are unsubscribed and subscribed again.
// The model knows which texts a client must have; the frames are made with the stock encoder.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { DeltaDecoder } from "../../../src/client/decoder.ts";
import { withDelta } from "../../../src/client/install.ts";
import { Tally } from "../../../src/client/tally.ts";
import * as reference from "./reference.ts";
import type { Prefix, Text } from "./reference.ts";
import { SocketDouble } from "./socket-double.ts";

const LIMITS = { maxBaseBytes: 5000, maxMessageBytes: 1000 };
const CHANNELS = ["ticker", "private-quotes", "presence-Ö"] as const;
const KEYS = ["", "BTC", "Zürich ✓", "42"] as const;
const URLS = {
  "pusher:": "ws://localhost/app/key?protocol=7&client=js",
  "sockudo:": "ws://localhost/app/key?protocol=2&client=js",
} as const;

type Kind = "json" | "compact" | "missing" | "damaged";

type Step = Whole | Delta | { readonly do: "sync" | "leave" | "enter"; readonly channel: number };

interface Whole {
  readonly do: "whole" | "unmarked";
  readonly channel: number;
  readonly message: Message;
}

interface Delta {
  readonly do: "delta";
  readonly kind: Kind;
  readonly channel: number;
  readonly message: Message;
  /** How old its base is. */
  readonly back: number;
}

interface Message {
  readonly key: number;
  readonly data: unknown;
  /** Whether the frame has members after the channel. */
  readonly hasMore: boolean;
  /** By how much the channel's number grows. */
  readonly gap: number;
}

// Includes the words that the shim looks for, in places where it must not find them.
const piece = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    '","__delta_seq":7,"__conflation_key":"x"}',
    ',"__delta_seq":7',
    '"channel":"ticker"}',
    '{"event":"pusher:delta","channel":"ticker"}',
    "the same in all messages, and long enough to be copied",
  ),
);
const data = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => JSON.stringify({ pieces, symbol: "ACME" })),
  fc.record({
    channel: piece,
    text: piece,
    __delta_seq: fc.nat(9),
    __conflation_key: fc.constantFrom("x", "BTC"),
  }),
);
const channel = fc.nat(CHANNELS.length - 1);
const message = fc.record({
  key: fc.nat(KEYS.length - 1),
  data,
  hasMore: fc.boolean(),
  gap: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(1e9) }),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("whole", "unmarked"), channel, message }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("delta"),
      kind: fc.constantFrom<Kind[]>("json", "json", "compact", "compact", "missing", "damaged"),
      channel,
      message,
      back: fc.oneof(fc.constant(0), fc.nat(29)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("sync", "leave", "enter"), channel }) },
);

/** The server's state of one subscription. */
interface Subscription {
  readonly number: number;
  /** The texts that the client must have. */
  texts: Text[];
  isOutOfStep: boolean;
}

/** The server's side of one connection, and the messages that the page must get. */
class Model {
  readonly prefix: Prefix;
  readonly socket: SocketDouble;
  readonly subscriptions: Map<string, Subscription> = new Map();
  readonly expected: string[] = [];
  readonly errors: string[] = [];
  readonly #seqs: Map<string, number> = new Map();
  #nextNumber = 1;

  constructor(prefix: Prefix) {
    this.prefix = prefix;
    this.socket = new (withDelta(SocketDouble))(URLS[prefix]);
  }

  run(step: Step): void {
    const name = CHANNELS[step.channel] ?? "";
    const subscription = this.subscriptions.get(name);
    if (step.do === "enter") return this.#enter(name);
    if (subscription === undefined) return;
    if (step.do === "leave") return this.#leave(name);
    if ("message" in step) return this.#publish(name, subscription, step);
    this.#sync(name, subscription);
  }

  #enter(name: string): void {
    if (this.subscriptions.has(name)) return;
    const number = this.#nextNumber++;
    this.subscriptions.set(name, { number, texts: [], isOutOfStep: false });
    this.socket.send(reference.subscribe(this.prefix, name));
    const agreed = reference.succeeded(this.prefix, name);
    this.expected.push(agreed);
    this.socket.receive(agreed);
    this.socket.receive(reference.compactChannel(this.prefix, name, number));
  }

  // A delta is still in flight.
  #leave(name: string): void {
    const { number = 0, texts = [] } = this.subscriptions.get(name) ?? {};
    this.subscriptions.delete(name);
    this.socket.send(reference.unsubscribe(this.prefix, name));
    const base = texts.at(-1);
    if (base === undefined) return;
    const late = { ...base, seq: base.seq + 1 };
    this.socket.receive(reference.compactDelta(number, base, late));
    this.socket.receive(reference.jsonDelta(this.prefix, name, base, late));
  }

  /** The state of the last text of each key, as a server sends it. */
  #sync(name: string, subscription: Subscription): void {
    const last = new Map(subscription.texts.map((text) => [text.key, text]));
    subscription.texts = [...last.values()];
    subscription.isOutOfStep = false;
    this.socket.receive(reference.cacheSync(this.prefix, name, subscription.texts));
  }

  #publish(name: string, subscription: Subscription, step: Whole | Delta): void {
    const next = this.#text(name, step.message);
    if (step.do === "delta") return this.#delta(name, subscription, next, step);
    this.expected.push(next.text);
    if (step.do === "unmarked") return this.socket.receive(next.text);
    this.#hold(subscription, next);
    subscription.isOutOfStep = false;
    this.socket.receive(reference.marked(next));
  }

  #delta(name: string, subscription: Subscription, next: Text, { kind, back }: Delta): void {
    const chain = subscription.texts.filter(({ key }) => key === next.key);
    const base = chain.at(-1 - (back % Math.max(1, chain.length)));
    if (base === undefined) return;
    const { number } = subscription;
    if (kind === "missing") {
      this.#fail(name, subscription);
      // The client never gets the text that this delta names as its base.
      const frame = reference.compactDelta(number, next, { ...next, seq: next.seq + 1 });
      return this.socket.receive(frame);
    }
    if (kind === "damaged") {
      subscription.texts = subscription.texts.filter(({ key }) => key !== next.key);
      this.#fail(name, subscription);
      const frame = reference.compactDelta(number, base, next);
      return this.socket.receive(frame.subarray(0, -1));
    }
    this.expected.push(next.text);
    this.#hold(subscription, next);
    this.socket.receive(
      kind === "json"
        ? reference.jsonDelta(this.prefix, name, base, next)
        : reference.compactDelta(number, base, next),
    );
  }

  #fail(name: string, subscription: Subscription): void {
    if (!subscription.isOutOfStep) this.errors.push(reference.syncError(this.prefix, name));
    subscription.isOutOfStep = true;
  }

  #text(name: string, { key, data: content, hasMore, gap }: Message): Text {
    const seq = (this.#seqs.get(name) ?? 0) + Math.max(1, gap);
    this.#seqs.set(name, seq);
    const frame = { event: "price", data: content, channel: name };
    const text = JSON.stringify(hasMore ? { ...frame, user_id: "u" } : frame);
    return { seq, key: KEYS[key] ?? "", text };
  }

  /** The last 30 of each key. */
  #hold(subscription: Subscription, text: Text): void {
    subscription.texts.push(text);
    const chain = subscription.texts.filter(({ key }) => key === text.key);
    if (chain.length > 30)
      subscription.texts = subscription.texts.filter((other) => other !== chain[0]);
  }
}

test.each(["pusher:", "sockudo:"] as const)(
  "a page gets exactly what was published, with the prefix %s",
  (prefix) => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 20, maxLength: 120, size: "max" }), (steps) => {
        const model = new Model(prefix);
        const seen: unknown[] = [];
        model.socket.onmessage = (event) => seen.push(event.data);
        for (const [index] of CHANNELS.entries()) model.run({ do: "enter", channel: index });
        for (const one of steps) model.run(one);
        expect(seen).toEqual(model.expected);
        const sent = model.socket.sent.filter((frame) =>
          String(frame).includes("delta_sync_error"),
        );
        expect(sent).toEqual(model.errors);
      }),
      { numRuns: 300 },
    );
  },
);

test("a page gets nothing unreadable and no error, whatever is received", () => {
  const control = fc
    .tuple(fc.constantFrom("delta", "delta_cache_sync", "delta_compression_enabled"), fc.json())
    .map(([event, json]) => `{"event":"pusher:${event}","channel":"ticker","data":${json}}`);
  const text = fc.oneof(
    control,
    fc.json().map((json) => reference.marked({ seq: 1, key: "", text: json })),
    fc.string(),
  );
  const binary = fc
    .tuple(fc.constantFrom([], [1], [1, 7]), fc.uint8Array({ maxLength: 60 }))
    .map(([head, bytes]) => Uint8Array.from([...head, ...bytes]));
  fc.assert(
    fc.property(fc.array(fc.oneof(text, binary), { maxLength: 40 }), (frames) => {
      const settings = { asks: () => true, format: "compact", ...LIMITS } as const;
      const decoder = new DeltaDecoder(settings, new Tally(), () => undefined);
      decoder.outgoing(reference.subscribe("pusher:", "ticker"));
      decoder.incomingText(reference.compactChannel("pusher:", "ticker", 7));
      for (const frame of frames) {
        const isText = typeof frame === "string";
        const given = isText ? decoder.incomingText(frame) : decoder.incomingBinary(frame);
        expect(given ?? "").not.toStartWith('{"event":"pusher:delta');
        expect(decoder.baseBytes).toBeLessThanOrEqual(LIMITS.maxBaseBytes);
      }
    }),
    { numRuns: 500 },
  );
});

// The publishes of the delta bench: streams of the corpus, in order and over one connection, since each
// message is encoded as a delta to the one before. Unlike the payloads of other benches they have no
// time stamp, which would be one more field that changes.

import { streams } from "./corpus.ts";
import { sendRequests, writeRequests } from "./load.ts";
import type { Sender } from "./senders.ts";
import { publishRequest } from "./sign.ts";
import type { Target } from "./target.ts";
import type { Workshop } from "./workshop.ts";

/** Messages of one channel, published in this order, again and again. */
export interface Feed {
  readonly name: string;
  readonly messages: readonly string[];
  /** Whether a message resembles the last one with the same `symbol`, and not the message before it. */
  readonly mixed: boolean;
}

/** The feeds of the bench. In `book` each message changes four fields: three levels and a number. */
export interface Feeds {
  readonly quotes: Feed;
  readonly book: Feed;
  /** The same without the number: three fields. */
  readonly plainBook: Feed;
  /** Ten books in turn, each with its own `symbol`. */
  readonly books: Feed;
  readonly game: Feed;
}

/** How a feed is published. */
export interface Route {
  readonly channel: string;
  readonly feed: Feed;
  /** Index of the first message. */
  readonly from: number;
  /** Whether each message has a tag `k`, which cycles from "0" to "99". */
  readonly tagged: boolean;
}

const SEED = 1;
const BOOK_COUNT = 10;

/** Generates the feeds, the same in each run. */
export function makeFeeds(): Feeds {
  const book = messagesOf("order book", SEED);
  const books = Array.from({ length: BOOK_COUNT }, (_, index) =>
    messagesOf("order book", SEED + index).map((text) => text.replace("ETH-USD", `ETH-US${index}`)),
  );
  return {
    quotes: feedOf("quotes, 5 of 15 fields", messagesOf("quotes", SEED)),
    book: feedOf("order book, 4 of 82 fields", book),
    plainBook: feedOf(
      "order book, 3 of 81 fields",
      book.map((text) => text.replace(/"sequence":\d+,/, "")),
    ),
    books: {
      name: "ten order books in turn",
      messages: book.flatMap((_, turn) => books.map((each) => each[turn] ?? "")),
      mixed: true,
    },
    game: feedOf("game state, 5 of 100 entities", messagesOf("game state", SEED)),
  };
}

function feedOf(name: string, messages: readonly string[]): Feed {
  return { name, messages, mixed: false };
}

function messagesOf(name: string, seed: number): readonly string[] {
  const stream = streams(seed).find((each) => each.name === name);
  if (stream !== undefined) return stream.messages;
  throw new Error(`Cannot publish stream "${name}": the corpus has none of that name, it must`);
}

/** Publishes a feed to a server. Each `send` continues after the last one. */
export function feedSender(
  workshop: Workshop,
  requests: string,
  server: Target,
  route: Route,
): Sender {
  let next = route.from;
  return {
    name: server.name,
    port: server.port,
    pids: server.pids,
    async send({ publishCount, ratePerSecond }, startUs) {
      const file = workshop.filePath("requests");
      const numbers = Array.from({ length: publishCount }, (_, index) => next + index);
      next += publishCount;
      writeRequests(
        file,
        numbers.map((number) => requestText(route, number)),
      );
      const answered = await sendRequests(workshop, requests, file, {
        port: server.port,
        connectionCount: 1,
        schedule: { startUs, ratePerSecond },
      });
      workshop.remove(file);
      return answered.latestUs;
    },
  };
}

function requestText({ channel, feed, tagged }: Route, number: number): string {
  const data = feed.messages[number % feed.messages.length] ?? "";
  return publishRequest(data, channel, tagged ? { k: String(number % 100) } : undefined);
}

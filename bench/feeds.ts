// What the delta bench publishes: streams of the corpus, in order, over one connection, since each
// message is to be compared with the one before. Unlike the other benches' payloads they have no
// stamp: that would be one more field that changes.

import { streams } from "./corpus.ts";
import { sendRequests, writeRequests } from "./load.ts";
import type { Sender } from "./senders.ts";
import { publishRequest } from "./sign.ts";
import type { Target } from "./target.ts";
import type { Workshop } from "./workshop.ts";

/** Messages of one channel, to be published in this order and round again. */
export interface Feed {
  readonly name: string;
  readonly messages: readonly string[];
  /** Whether a message has next to nothing in common with the one before, but with an earlier one of the same `symbol`. */
  readonly mixed: boolean;
}

/** The feeds of the bench. Of the book's messages each changes four fields: three levels and a number. */
export interface Feeds {
  readonly quotes: Feed;
  readonly book: Feed;
  /** The same without the number: three fields. */
  readonly plainBook: Feed;
  /** Ten books in turn, each with a `symbol` of its own. */
  readonly books: Feed;
  readonly game: Feed;
}

/** Where a feed is published. */
export interface Route {
  readonly channel: string;
  readonly feed: Feed;
  /** The message to begin with. */
  readonly from: number;
  /** Whether each message has a tag `k`, from "0" to "99" and round again. */
  readonly tagged: boolean;
}

const SEED = 1;
const BOOK_COUNT = 10;

/** Makes them, the same in each run. */
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

/** A server that is published a feed to. Each `send` goes on behind the last one. */
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

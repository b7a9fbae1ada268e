// Per-app counters: plain numbers that only grow. They are updated where the counted thing happens
// and read on demand. Current totals (sockets, channels, users) are not counted here; they are read
// from the data structures themselves.

import type { LimitName } from "../protocol/faults.ts";

/** The counters of one app. */
export class Counters {
  readonly #limitHit: (limit: LimitName) => void;
  connections = 0;
  subscriptions = 0;
  unsubscriptions = 0;
  /** Frames received from clients, and their bytes. */
  framesReceived = 0;
  bytesReceived = 0;
  /** Frames sent, counted once per receiving socket, and their bytes. */
  framesSent = 0;
  bytesSent = 0;
  /**
   * Bytes of whole messages that did not have to be sent, because a delta was sent instead or because a filter
   * excluded the message.
   */
  bytesSavedByDeltas = 0;
  bytesSavedByFilters = 0;
  publications = 0;
  /** Publishes with an idempotency key that were carried out, and repeats that were not. */
  keyedPublishes = 0;
  repeatedPublishes = 0;
  clientEvents = 0;
  requests = 0;
  requestBytes = 0;
  responseBytes = 0;
  /** How often a socket began to lag and was taken off its topics. */
  lags = 0;
  /** Sockets that were closed because they read too slowly. */
  slowConsumers = 0;
  /** Closed connections, by close code. */
  readonly closes: Map<number, number> = new Map();
  /** Refusals, by limit. */
  readonly limits: Map<LimitName, number> = new Map();

  /** `limitHit` is called on each refusal that is due to a limit. */
  constructor(limitHit: (limit: LimitName) => void) {
    this.#limitHit = limitHit;
  }

  /** Counts a closed connection. */
  closed(code: number): void {
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1);
  }

  /** Counts a limit that was hit. */
  hit(limit: LimitName): void {
    this.limits.set(limit, (this.limits.get(limit) ?? 0) + 1);
    this.#limitHit(limit);
  }
}

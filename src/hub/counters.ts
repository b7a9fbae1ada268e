// What is counted of an app: plain numbers that only grow, changed where a thing happens and read
// when somebody asks. What *is* (sockets, channels, users) is never counted here: that is read from
// the structures themselves.

import type { LimitName } from "../protocol/faults.ts";

/** The counters of one app. */
export class Counters {
  readonly #limitHit: (limit: LimitName) => void;
  connections = 0;
  subscriptions = 0;
  unsubscriptions = 0;
  /** Frames of clients and their bytes. */
  framesReceived = 0;
  bytesReceived = 0;
  /** Frames handed over for sockets, one for each receiver, and their bytes. */
  framesSent = 0;
  bytesSent = 0;
  /** Bytes of whole messages that were not sent, since a delta was or since a filter did not want them. */
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
  /** Times that a socket fell behind and was taken off its topics. */
  lags = 0;
  /** Sockets closed because they did not read. */
  slowConsumers = 0;
  /** Closed connections by close code. */
  readonly closes: Map<number, number> = new Map();
  /** Refusals by limit. */
  readonly limits: Map<LimitName, number> = new Map();

  /** `limitHit` is told of each refusal by a limit. */
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

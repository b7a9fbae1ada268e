// Connections that must authorise themselves in time, either by signing in or by subscribing to an
// authorised channel (authorized connections documentation). All have the same timeout, so a queue
// in order of arrival is also in order of expiry.
import { CLOSE, type Fault } from "../protocol/faults.ts";

/** A connection that may authorise itself in time. */
export interface Authorisable {
  readonly authorised: boolean;
  /** Closes the connection. Does nothing if it has ended already. */
  close(fault: Fault): void;
}

/** The connections whose timeout has not passed yet. `advance` is called once a tick. */
export class AuthorisationQueue {
  readonly #timeoutTicks: number;
  /** In order of arrival, each with the tick at which its time is up. */
  readonly #waiting: Map<Authorisable, number> = new Map();
  #tick = 0;

  constructor(timeoutTicks: number) {
    this.#timeoutTicks = timeoutTicks;
  }

  /** The number of connections in the queue. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a connection that has just opened. */
  add(connection: Authorisable): void {
    this.#waiting.set(connection, this.#tick + this.#timeoutTicks);
  }

  /** Removes a connection that has ended. Does nothing if it is not in the queue. */
  remove(connection: Authorisable): void {
    this.#waiting.delete(connection);
  }

  /** Starts a new tick: closes the connections whose time is up and that have not authorised themselves. */
  advance(): void {
    this.#tick++;
    for (const [connection, dueTick] of this.#waiting) {
      if (dueTick > this.#tick) return;
      this.#waiting.delete(connection);
      if (!connection.authorised) connection.close(CLOSE.notAuthorised());
    }
  }
}

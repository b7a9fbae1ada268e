// The hub's sink over all carriers of this process. A topic has sockets on each of them, so a frame is published once
// per carrier. Usually there is one; while the certificate is renewed there are two.
import type { Carrier, Sink, Peer } from "../hub/ports.ts";
import type { Frame } from "../protocol/codec.ts";

/** Told of each publish: the frame's length, and 0 or less when some socket did not take it at once. */
export type PublishListener = (length: number, status: number) => void;

/** Publishes to every carrier. */
export class Topics implements Sink {
  readonly #carriers: Carrier[] = [];
  readonly #published: PublishListener;
  /** The carrier, while there is exactly one. */
  #only: Carrier | null = null;

  constructor(published: PublishListener) {
    this.#published = published;
  }

  add(carrier: Carrier): void {
    this.#carriers.push(carrier);
    this.#findOnly();
  }

  /** To be called when the carrier has no sockets left. */
  remove(carrier: Carrier): void {
    const index = this.#carriers.indexOf(carrier);
    if (index >= 0) this.#carriers.splice(index, 1);
    this.#findOnly();
  }

  publish(topic: string, frame: Frame, except: Peer | null): void {
    const only = this.#only;
    if (only !== null && except === null) {
      this.#published(frame.length, only.publish(topic, frame));
      return;
    }
    for (const carrier of this.#carriers) {
      // A publish through a socket skips only that socket and reaches only the others of its own carrier.
      const status =
        carrier === except?.carrier ? except.publish(topic, frame) : carrier.publish(topic, frame);
      this.#published(frame.length, status);
    }
  }

  #findOnly(): void {
    this.#only = this.#carriers.length === 1 ? (this.#carriers[0] ?? null) : null;
  }
}

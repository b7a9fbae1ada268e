// Finding sockets that do not keep up. A publish only says that somebody lags; who it is is looked
// for a little later, so that a publish never loops over subscribers: after a tenth of a second, or
// sooner when so much has been published meanwhile that somebody's buffer could grow too large.

/** A socket that can look at itself. */
export interface MayBeSlow {
  lookAtBuffer(): void;
}

const LOOK_MS = 100;

/** Looks at all sockets when one of them may lag. */
export class SlowSearch {
  readonly #sockets: () => Iterable<MayBeSlow>;
  readonly #later: (action: () => void, delayMs: number) => void;
  readonly #lookBytes: number;
  #waiting = false;
  #soon = false;
  /** Published since the last look: no buffer can have grown by more. */
  #bytes = 0;

  /** `lookBytes` is what may be published between two looks while somebody lags. */
  constructor(
    sockets: () => Iterable<MayBeSlow>,
    later: (action: () => void, delayMs: number) => void,
    lookBytes: number,
  ) {
    this.#sockets = sockets;
    this.#later = later;
    this.#lookBytes = lookBytes;
  }

  /** A frame was published, with the status that the runtime gave: 0 or less when some socket's buffer is not empty. */
  published(bytes: number, status: number): void {
    this.#bytes += bytes;
    if (status > 0) return;
    // Never on the spot: whoever publishes is in the middle of a step on the sockets that would be moved.
    if (this.#bytes >= this.#lookBytes) this.#lookSoon();
    else this.#lookLater();
  }

  #lookSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => this.#look());
  }

  #lookLater(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#later(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#waiting = false;
    this.#soon = false;
    this.#bytes = 0;
    for (const socket of this.#sockets()) socket.lookAtBuffer();
  }
}

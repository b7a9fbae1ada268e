// Finding sockets that do not keep up. A publish only says that somebody lags; who it is is looked
// for a little later and at most so often, so that a publish never loops over subscribers.

/** A socket that can say of itself that it lags. */
export interface MayBeSlow {
  lookAtBuffer(): void;
}

const LOOK_MS = 100;

/** Looks at all sockets, a tenth of a second after it was told that one lags. */
export class SlowSearch {
  readonly #sockets: () => Iterable<MayBeSlow>;
  readonly #later: (action: () => void, delayMs: number) => void;
  #waiting = false;

  constructor(
    sockets: () => Iterable<MayBeSlow>,
    later: (action: () => void, delayMs: number) => void,
  ) {
    this.#sockets = sockets;
    this.#later = later;
  }

  /** Somebody lags. Costs nothing while a search is due already. */
  begin(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#later(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#waiting = false;
    for (const socket of this.#sockets()) socket.lookAtBuffer();
  }
}

// Whether clients are still there. The runtime's own idle timeout never ends a client that is
// pushed to, so this is ours: a wheel of one slot a tick, in which every connection stands where
// it must be looked at next. A frame only notes the tick; connections are moved when they are due,
// so that traffic costs one store and an idle connection one visit a window.
//
// Rule (WebSocket protocol reference, "Ping and pong"): any frame or control ping or pong proves
// life; silent for the activity timeout, a ping; no answer in the pong timeout, 4201.

/** A connection on the wheel. All members but the two methods belong to the wheel. */
export interface Watched {
  /** The tick of the last inbound frame. */
  lastInboundTick: number;
  /** Its slot, or -1 when it is not watched. */
  slot: number;
  /** Its place in the slot. */
  place: number;
  /** Whether a ping waits for an answer, and since when. */
  pingedTick: number;
  /** Sends a control ping. */
  ping(): void;
  /** Ends the connection: no answer came. It is not watched any more. */
  expire(): void;
}

/** Timeouts in ticks. A tick is whatever the caller of `advance` makes it, usually a second. */
export interface LivenessLimits {
  readonly activityTicks: number;
  readonly pongTicks: number;
}

/** The wheel. `advance` is called once a tick by whoever owns the clock. */
export class LivenessWheel {
  readonly #limits: LivenessLimits;
  readonly #slots: Watched[][];
  #tick = 0;

  constructor(limits: LivenessLimits) {
    this.#limits = limits;
    // One slot more than the longest wait, so that nothing is put into the slot that is being visited.
    const longest = Math.max(limits.activityTicks, limits.pongTicks);
    this.#slots = Array.from({ length: longest + 2 }, () => []);
  }

  /** The present tick, for `lastInboundTick`. */
  get tick(): number {
    return this.#tick;
  }

  /** Begins to watch a connection that has just opened. */
  add(watched: Watched): void {
    watched.lastInboundTick = this.#tick;
    watched.pingedTick = -1;
    this.#put(watched, this.#limits.activityTicks);
  }

  /** Ends the watch. Nothing happens when there is none. */
  remove(watched: Watched): void {
    const slot = this.#slots[watched.slot];
    if (slot === undefined) return;
    const last = slot.pop();
    // The last one takes the place of the removed one, unless that was the last itself.
    if (last !== undefined && last !== watched) {
      slot[watched.place] = last;
      last.place = watched.place;
    }
    watched.slot = -1;
  }

  /** Moves the clock by one tick and looks at the connections that are due. */
  advance(): void {
    this.#tick++;
    const due = this.#slots[this.#tick % this.#slots.length] ?? [];
    // Emptied in place: looking at one connection may end another that stands in the same slot.
    for (let watched = due.pop(); watched !== undefined; watched = due.pop()) {
      watched.slot = -1;
      this.#look(watched);
    }
  }

  #look(watched: Watched): void {
    const { activityTicks, pongTicks } = this.#limits;
    const silentTicks = this.#tick - watched.lastInboundTick;
    const answered = watched.lastInboundTick >= watched.pingedTick;
    if (watched.pingedTick >= 0 && !answered) return watched.expire();
    watched.pingedTick = -1;
    if (silentTicks < activityTicks) return this.#put(watched, activityTicks - silentTicks);
    watched.pingedTick = this.#tick;
    this.#put(watched, pongTicks);
    watched.ping();
  }

  #put(watched: Watched, ticks: number): void {
    watched.slot = (this.#tick + ticks) % this.#slots.length;
    const slot = this.#slots[watched.slot];
    if (slot === undefined) return;
    watched.place = slot.length;
    slot.push(watched);
  }
}

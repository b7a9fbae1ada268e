// Detects dead connections. The runtime's own idle timeout never ends a client that frames are sent
// to, so the server keeps a timer wheel with one slot per tick. Every connection is in the slot at
// which it is next due. A received frame only records the current tick; a connection is moved when
// it comes due. A frame therefore costs one store, and an idle connection one visit per timeout.
//
// Rule (WebSocket protocol reference, "Ping and pong"): any frame and any control ping or pong
// proves that the client is alive. A client that is silent for the activity timeout is pinged;
// without an answer within the pong timeout it is closed with 4201.

/**
 * A connection on the wheel. The wheel owns all members except the two methods and `lastInboundTick`, which the
 * connection sets.
 */
export interface Watched {
  /** The tick of the last inbound frame. */
  lastInboundTick: number;
  /** The index of its slot, or -1 if it is not watched. */
  slot: number;
  /** Its index within the slot. */
  place: number;
  /** The tick of the ping that waits for an answer, or -1 if none does. */
  pingedTick: number;
  /** Sends a control ping. */
  ping(): void;
  /** Closes the connection, because no answer came. The wheel has stopped watching it. */
  expire(): void;
}

/** Timeouts in ticks. The caller of `advance` defines what a tick is, usually a second. */
export interface LivenessLimits {
  readonly activityTicks: number;
  readonly pongTicks: number;
}

/** The timer wheel. The owner of the clock calls `advance` once per tick. */
export class LivenessWheel {
  readonly #limits: LivenessLimits;
  readonly #slots: Watched[][];
  #tick = 0;

  constructor(limits: LivenessLimits) {
    this.#limits = limits;
    // More slots than the longest wait, so that no connection is put into the slot that is being visited.
    const longest = Math.max(limits.activityTicks, limits.pongTicks);
    this.#slots = Array.from({ length: longest + 2 }, () => []);
  }

  /** The current tick, for `lastInboundTick`. */
  get tick(): number {
    return this.#tick;
  }

  /** Starts watching a connection that has just opened. */
  add(watched: Watched): void {
    watched.lastInboundTick = this.#tick;
    watched.pingedTick = -1;
    this.#put(watched, this.#limits.activityTicks);
  }

  /** Stops watching. Does nothing if the connection is not watched. */
  remove(watched: Watched): void {
    const slot = this.#slots[watched.slot];
    if (slot === undefined) return;
    const last = slot.pop();
    // Fill the gap with the last connection of the slot, unless that is the removed one itself.
    if (last !== undefined && last !== watched) {
      slot[watched.place] = last;
      last.place = watched.place;
    }
    watched.slot = -1;
  }

  /** Starts a new tick and handles the connections that are due. */
  advance(): void {
    this.#tick++;
    const due = this.#slots[this.#tick % this.#slots.length] ?? [];
    // Emptied in place, because handling one connection may end another one in the same slot.
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

// What each connection has done in the current second. Only connections that did something in it
// have a window, so idle connections cost nothing.
import { CLOSE, type Fault, type LimitName } from "../protocol/faults.ts";

/** What one connection may do in a second. `Infinity` means no limit. */
export interface RateLimits {
  /** Text frames. A connection that sends more is closed. */
  readonly maxFrames: number;
  /** Bytes of text frames. A connection that sends more is closed. */
  readonly maxBytes: number;
  /** Control pings and pongs. A connection that sends more is closed. */
  readonly maxControlFrames: number;
  /** Subscriptions. More of them wait for the next second. */
  readonly maxSubscriptions: number;
  /** Bytes of replies. Once they are exceeded, further frames wait for the next second. */
  readonly maxReplyBytes: number;
}

/**
 * The number of frames that are handled as they arrive. If a connection sends more in a second, its frames are
 * handled in steps, in turn with the work of others.
 */
const FRAMES_AT_ONCE = 200;

/** A connection that sends more frames than this in a second is handled after those that send fewer. */
const MANY_FRAMES = 1000;

/** What one connection has done in the current second. */
export class RateWindow {
  frames = 0;
  bytes = 0;
  controlFrames = 0;
  subscriptions = 0;
  replyBytes = 0;

  /** Counts a text frame. Returns the fault to close the connection with, or null. */
  takeFrame(bytes: number, { maxFrames, maxBytes }: RateLimits): Fault | null {
    this.frames++;
    this.bytes += bytes;
    if (this.frames > maxFrames) return CLOSE.tooManyFrames(maxFrames);
    return this.bytes > maxBytes ? CLOSE.tooManyBytes(maxBytes) : null;
  }

  /** Counts a control frame. Returns the fault to close the connection with, or null. */
  takeControlFrame({ maxControlFrames }: RateLimits): Fault | null {
    this.controlFrames++;
    return this.controlFrames > maxControlFrames
      ? CLOSE.tooManyControlFrames(maxControlFrames)
      : null;
  }

  /** The limit because of which further frames must wait, or null. */
  usedUp({ maxSubscriptions, maxReplyBytes }: RateLimits): LimitName | null {
    if (this.subscriptions >= maxSubscriptions) return "subscription_rate";
    return this.replyBytes >= maxReplyBytes ? "answer_rate" : null;
  }

  /** Whether connections that have sent less are handled first. */
  get isHeavy(): boolean {
    return this.frames > MANY_FRAMES;
  }

  /**
   * Whether the connection has sent so much that its frames are handled in steps, in turn with the work of others.
   */
  get mustTakeTurns(): boolean {
    return this.frames > FRAMES_AT_ONCE;
  }
}

/** What the windows store on a connection. Only `RateWindows` may change these members. */
export interface WindowedConnection {
  /** What the connection has done in the current second; null if that is next to nothing. */
  window: RateWindow | null;
  /** The second in which the connection last sent a frame that needed no window. */
  lastSecond: number;
}

/** A frame up to this size costs next to nothing if it is the only one of its second. */
const SMALL_BYTES = 1024;

/** The windows of all connections. */
export class RateWindows {
  /**
   * The connections that have a window. A list rather than a map, because a million connections may open in one
   * second.
   */
  #active: WindowedConnection[] = [];
  #second = 0;

  /**
   * Whether the frame needs no window, which holds for a small frame that is the first of its second. Most clients
   * therefore never have a window.
   */
  skipsWindow(connection: WindowedConnection, bytes: number): boolean {
    if (connection.window !== null || connection.lastSecond === this.#second) return false;
    if (bytes > SMALL_BYTES) return false;
    connection.lastSecond = this.#second;
    return true;
  }

  /** The connection's window. It is created when the connection first does something in this second. */
  of(connection: WindowedConnection): RateWindow {
    if (connection.window !== null) return connection.window;
    this.#active.push(connection);
    connection.window = new RateWindow();
    // The first frame of the second needed no window and was not counted.
    if (connection.lastSecond === this.#second) connection.window.frames++;
    return connection.window;
  }

  /**
   * Counts bytes that were sent to this connection alone. They matter only in a second in which the connection sends
   * commands.
   */
  countReply({ window }: WindowedConnection, bytes: number): void {
    if (window !== null) window.replyBytes += bytes;
  }

  /** Starts a new second. */
  next(): void {
    for (const connection of this.#active) connection.window = null;
    this.#active = [];
    this.#second++;
  }
}

// What connections have done in the present second. Kept only for those that did anything in it, so
// that an idle connection costs nothing.
import { CLOSE, type Fault, type LimitName } from "../protocol/faults.ts";

/** What one connection may do in a second. `Infinity` is no limit. */
export interface RateLimits {
  /** Text frames; a connection that sends more is closed. */
  readonly maxFrames: number;
  /** Bytes of text frames; a connection that sends more is closed. */
  readonly maxBytes: number;
  /** Control pings and pongs; a connection that sends more is closed. */
  readonly maxControlFrames: number;
  /** Subscriptions; more wait for the next second. */
  readonly maxSubscriptions: number;
  /** Bytes of answers; when there were more, further frames wait for the next second. */
  readonly maxAnswerBytes: number;
}

/** Frames that are handled as they come. Those of a connection that sends more take turns with others' work in steps. */
const FRAMES_AT_ONCE = 200;

/** A connection that sends more of them waits for those that send less. */
const MANY_FRAMES = 1000;

/** One connection's second. */
export class RateWindow {
  frames = 0;
  bytes = 0;
  controlFrames = 0;
  subscriptions = 0;
  answerBytes = 0;

  /** Notes a text frame. Returns why the connection is closed for it, or null. */
  takeFrame(bytes: number, { maxFrames, maxBytes }: RateLimits): Fault | null {
    this.frames++;
    this.bytes += bytes;
    if (this.frames > maxFrames) return CLOSE.tooManyFrames(maxFrames);
    return this.bytes > maxBytes ? CLOSE.tooManyBytes(maxBytes) : null;
  }

  /** Notes a control frame. Returns why the connection is closed for it, or null. */
  takeControlFrame({ maxControlFrames }: RateLimits): Fault | null {
    this.controlFrames++;
    return this.controlFrames > maxControlFrames
      ? CLOSE.tooManyControlFrames(maxControlFrames)
      : null;
  }

  /** The limit that further frames have to wait for, or null. */
  usedUp({ maxSubscriptions, maxAnswerBytes }: RateLimits): LimitName | null {
    if (this.subscriptions >= maxSubscriptions) return "subscription_rate";
    return this.answerBytes >= maxAnswerBytes ? "answer_rate" : null;
  }

  /** Whether those who sent less come before it. */
  get isHeavy(): boolean {
    return this.frames > MANY_FRAMES;
  }

  /** Whether the connection has sent so much that its frames take turns. */
  get mustTakeTurns(): boolean {
    return this.frames > FRAMES_AT_ONCE;
  }
}

/** A connection as its windows see it. */
export interface WindowedConnection {
  /** What it has done in this second; null when that is next to nothing. Belongs to the windows alone. */
  window: RateWindow | null;
  /** The second in which it last sent a frame that needed no window. Belongs to the windows alone. */
  lastSecond: number;
}

/** A frame that costs next to nothing as long as no other comes in the same second. */
const SMALL_BYTES = 1024;

/** The windows of all connections. */
export class RateWindows {
  /** Connections that have one. A list, and not a map: a million of them may connect in one second. */
  #active: WindowedConnection[] = [];
  #second = 0;

  /** Whether a frame needs no window: a small one, the first of its second. So most clients never have one. */
  skipsWindow(connection: WindowedConnection, bytes: number): boolean {
    if (connection.window !== null || connection.lastSecond === this.#second) return false;
    if (bytes > SMALL_BYTES) return false;
    connection.lastSecond = this.#second;
    return true;
  }

  /** The connection's window, made when it does something for the first time in this second. */
  of(connection: WindowedConnection): RateWindow {
    if (connection.window !== null) return connection.window;
    this.#active.push(connection);
    connection.window = new RateWindow();
    // The first one was not counted.
    if (connection.lastSecond === this.#second) connection.window.frames++;
    return connection.window;
  }

  /** Notes bytes that were sent to a connection alone. They only count in a second in which it asks for something. */
  answered({ window }: WindowedConnection, bytes: number): void {
    if (window !== null) window.answerBytes += bytes;
  }

  /** A new second begins. */
  next(): void {
    for (const connection of this.#active) connection.window = null;
    this.#active = [];
    this.#second++;
  }
}

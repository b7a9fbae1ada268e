// The state of a socket that reads more slowly than frames are sent to it.
import type { Channel } from "../channel.ts";
import type { Cursor } from "./backlog.ts";
import type { Progress } from "./progress.ts";

/** The state of a socket that lags, that is catching up, or that has large replies in its buffer. */
export class Lag {
  /** The channels whose topic the socket has left or not yet joined, each with the position in the channel's backlog. */
  readonly behind: Map<Channel, Cursor> = new Map();
  readonly progress: Progress;
  /**
   * The approximate number of buffered bytes that were sent to this socket alone: replies and missed messages. They
   * are no reason to take it off its topics.
   */
  ownFrameBytes = 0;
  /**
   * Whether the socket was taken off its topics and has not caught up since. If not, only large replies fill its
   * buffer, though it may be behind on channels that it has subscribed to in the meantime.
   */
  isBehind = false;
  /** Whether the socket is being closed because it reads too slowly. */
  isClosing = false;

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** Whether something that the socket has missed was dropped from a backlog. */
  get hasGap(): boolean {
    for (const cursor of this.behind.values()) if (cursor.hasGap) return true;
    return false;
  }

  /** An upper bound of the memory of what the socket has missed. */
  get missedBytes(): number {
    let bytes = 0;
    for (const cursor of this.behind.values()) bytes += cursor.missedBytes;
    return bytes;
  }
}

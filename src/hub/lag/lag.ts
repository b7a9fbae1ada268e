// What is known of a socket that does not read as fast as it is sent to.
import type { Channel } from "../channel.ts";
import type { Cursor } from "./backlog.ts";
import type { Progress } from "./progress.ts";

/** The state of a socket that lags, that catches up, or that has large answers in its buffer. */
export class Lag {
  /** The channels whose topic it has left, each with its position in what it misses. */
  readonly behind: Map<Channel, Cursor> = new Map();
  readonly progress: Progress;
  /** Buffered bytes that are replies or catch-up frames, about; they are no reason to take it off its topics. */
  ownFrameBytes = 0;
  /** Whether it has missed messages; if not, only large answers fill its buffer. */
  isBehind = false;
  /** It is being closed. */
  isClosing = false;

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** Whether something that it misses had to be thrown away. */
  get hasGap(): boolean {
    for (const cursor of this.behind.values()) if (cursor.hasGap) return true;
    return false;
  }

  /** Memory of what it misses, at most. */
  get missedBytes(): number {
    let bytes = 0;
    for (const cursor of this.behind.values()) bytes += cursor.missedBytes;
    return bytes;
  }
}

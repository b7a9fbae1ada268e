// How far a socket may lag.
import type { BacklogLimits } from "./backlog-pool.ts";
import type { ProgressLimits } from "./progress.ts";

/** The limits of lagging sockets. */
export interface LagLimits {
  /** A socket with this many buffered bytes is lagging and leaves its topics. */
  readonly lagBytes: number;
  /** The number of bytes that may stay buffered for a client that reads none of them. */
  readonly bufferBytes: number;
  /** Above this many buffered bytes the runtime may have dropped frames, so the connection must be closed. */
  readonly lossBytes: number;
  readonly progress: ProgressLimits;
  readonly backlogs: BacklogLimits;
}

// How far a socket may lag.
import type { BacklogLimits } from "./backlog-pool.ts";
import type { ProgressLimits } from "./progress.ts";

/** What lagging sockets may do. */
export interface LagLimits {
  /** So many buffered bytes make a socket lag: it leaves its topics. */
  readonly lagBytes: number;
  /** Bytes that may be buffered for a client that takes none of them. */
  readonly bufferBytes: number;
  /** Above so many buffered bytes the runtime may have dropped frames, so that the connection has to end. */
  readonly lossBytes: number;
  readonly progress: ProgressLimits;
  readonly backlogs: BacklogLimits;
}

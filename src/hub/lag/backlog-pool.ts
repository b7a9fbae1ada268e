// Backlogs that share a memory limit. When the limit is exceeded, the largest backlog drops the
// older half of its entries. Sockets that have not read past those entries cannot catch up any
// more. Other channels are not affected.
import type { Backlog } from "./backlog.ts";

/** Memory limits of backlogs, in bytes. */
export interface BacklogLimits {
  /** What one socket may have missed. */
  readonly maxBytesPerSocket: number;
  readonly maxBytesPerApp: number;
  readonly maxBytesPerNode: number;
}

/** The backlogs that share a limit, and the memory that they use. */
export class BacklogPool {
  readonly #backlogs: Set<Backlog> = new Set();
  bytes = 0;

  add(backlog: Backlog): void {
    this.#backlogs.add(backlog);
  }

  delete(backlog: Backlog): void {
    this.#backlogs.delete(backlog);
  }

  /** Halves the largest backlog until all of them together use at most `maxBytes`. */
  shrinkTo(maxBytes: number): void {
    while (this.bytes > maxBytes) {
      let largest: Backlog | null = null;
      for (const backlog of this.#backlogs)
        if (largest === null || backlog.bytes > largest.bytes) largest = backlog;
      if (largest === null) return;
      largest.halve();
    }
  }
}

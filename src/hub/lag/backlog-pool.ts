// Backlogs that share a bound in bytes. Above it the largest backlog loses its older half: sockets that
// have not read past that half cannot catch up any more. Other channels are not affected.
import type { Backlog } from "./backlog.ts";

/** What backlogs may take, in bytes. */
export interface BacklogLimits {
  /** What one socket may have missed. */
  readonly maxBytesPerSocket: number;
  readonly maxBytesPerApp: number;
  readonly maxBytesPerNode: number;
}

/** Backlogs that share a bound, and what they take. */
export class BacklogPool {
  readonly #backlogs: Set<Backlog> = new Set();
  bytes = 0;

  add(backlog: Backlog): void {
    this.#backlogs.add(backlog);
  }

  delete(backlog: Backlog): void {
    this.#backlogs.delete(backlog);
  }

  /** Halves the largest until they take no more than that. */
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

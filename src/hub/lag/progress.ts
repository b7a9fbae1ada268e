// Whether a client that something waits for still reads. It is judged by what it has taken over time
// and never by how much waits at one moment: a large message waits in full before the network could
// take any of it.

/** How long a client may be slow. */
export interface ProgressLimits {
  /** For so long it may take less than `minTakenBytes` while something waits for it. */
  readonly maxLagMs: number;
  readonly minTakenBytes: number;
  /** For so long it may take nothing while more waits than it may have. */
  readonly maxStallMs: number;
}

/** What one client has taken. Fed by samples of the buffer, which can only under-count what was taken. */
export class Progress {
  #bufferedBytes: number;
  #takenBytes = 0;
  #periodStartMs: number;
  #lastTakenMs: number;

  constructor(bufferedBytes: number, nowMs: number) {
    this.#bufferedBytes = bufferedBytes;
    this.#periodStartMs = nowMs;
    this.#lastTakenMs = nowMs;
  }

  /** What waited at the last look. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Notes what waits now, before anything more is sent. */
  sample(bufferedBytes: number, nowMs: number): void {
    if (bufferedBytes < this.#bufferedBytes) {
      this.#takenBytes += this.#bufferedBytes - bufferedBytes;
      this.#lastTakenMs = nowMs;
    }
    this.#bufferedBytes = bufferedBytes;
  }

  /** Whether the client takes too little; if it does not, and the longest lag is over, a new one begins. `isOver` says that more waits for it than it may have. */
  judge(limits: ProgressLimits, isOver: boolean, nowMs: number): boolean {
    if (isOver && nowMs - this.#lastTakenMs >= limits.maxStallMs) return true;
    if (nowMs - this.#periodStartMs < limits.maxLagMs) return false;
    if (this.#bufferedBytes > 0 && this.#takenBytes < limits.minTakenBytes) return true;
    this.#periodStartMs = nowMs;
    this.#takenBytes = 0;
    return false;
  }
}

// Whether a client with buffered data is still reading. It is judged by how much it reads over
// time, never by how much is buffered at one moment: a large message is buffered in full before the
// network can take any of it.

/** How slowly a client may read. */
export interface ProgressLimits {
  /** How long a client may read less than `minTakenBytes` while data is buffered for it. */
  readonly maxLagMs: number;
  readonly minTakenBytes: number;
  /** How long a client may read nothing at all while more is buffered than it may have. */
  readonly maxStallMs: number;
}

/** How much one client has read. It is derived from samples of the buffer size, which can only underestimate it. */
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

  /** The number of buffered bytes at the last sample. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Records the number of buffered bytes. To be called before anything more is sent. */
  sample(bufferedBytes: number, nowMs: number): void {
    if (bufferedBytes < this.#bufferedBytes) {
      this.#takenBytes += this.#bufferedBytes - bufferedBytes;
      this.#lastTakenMs = nowMs;
    }
    this.#bufferedBytes = bufferedBytes;
  }

  /**
   * Whether the client reads too slowly. If it does not and `maxLagMs` has passed, a new measuring period begins.
   * `isOver` says whether more is buffered than the client may have.
   */
  judge(limits: ProgressLimits, isOver: boolean, nowMs: number): boolean {
    if (isOver && nowMs - this.#lastTakenMs >= limits.maxStallMs) return true;
    if (nowMs - this.#periodStartMs < limits.maxLagMs) return false;
    if (this.#bufferedBytes > 0 && this.#takenBytes < limits.minTakenBytes) return true;
    this.#periodStartMs = nowMs;
    this.#takenBytes = 0;
    return false;
  }
}

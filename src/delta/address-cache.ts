// The address cache of VCDIFF (RFC 3284, section 5): encoder and decoder remember the latest addresses of
// copies, so that an equal or a nearby address takes one byte. Both caches must go through the same
// states, so every address that is written must be passed to `take`, in order.

const NEAR_COUNT = 4;
const SAME_COUNT = 3 * 256;
const LARGEST_INT32 = 0x7fff_ffff;
const SELF_MODE = 0;
const HERE_MODE = 1;
const FIRST_NEAR_MODE = 2;

/** The first of the three modes in which an address is one byte. */
export const FIRST_SAME_MODE = 6;

/** The encoder's cache. For each window call `reset`, then `take` for every address. */
export class AddressCache {
  readonly #near = new Int32Array(NEAR_COUNT);
  // Holds addresses plus `#sameOffset`, which grows from window to window: entries of earlier
  // windows can never match, and the array need not be cleared.
  readonly #same = new Int32Array(SAME_COUNT);
  #sameOffset = 1;
  #addressCount = 0;
  #nextNear = 0;
  #mode = 0;
  #value = 0;

  /** The mode in which the last address must be written, 0 to 8. */
  get mode(): number {
    return this.#mode;
  }

  /**
   * What must be written for the last address: one byte in the modes from `FIRST_SAME_MODE` on, a
   * variable-length integer in the others.
   */
  get value(): number {
    return this.#value;
  }

  /** Starts a window whose addresses are all below `addressCount`. */
  reset(addressCount: number): void {
    this.#near.fill(0);
    this.#nextNear = 0;
    this.#sameOffset += this.#addressCount;
    this.#addressCount = addressCount;
    if (this.#sameOffset <= LARGEST_INT32 - addressCount) return;
    this.#same.fill(0);
    this.#sameOffset = 1;
  }

  /**
   * Chooses the shortest mode for `address` at position `here` of the window, and adds the address
   * to the cache.
   */
  take(address: number, here: number): void {
    const slot = address % SAME_COUNT;
    if (this.#same[slot] === address + this.#sameOffset) {
      this.#mode = FIRST_SAME_MODE + (slot >> 8);
      this.#value = slot & 255;
    } else {
      this.#mode = SELF_MODE;
      this.#value = address;
      if (here - address < this.#value) {
        this.#mode = HERE_MODE;
        this.#value = here - address;
      }
      for (let index = 0; index < NEAR_COUNT; index++) {
        const distance = address - (this.#near[index] ?? 0);
        if (distance < 0 || distance >= this.#value) continue;
        this.#mode = FIRST_NEAR_MODE + index;
        this.#value = distance;
      }
    }
    this.#near[this.#nextNear] = address;
    this.#nextNear = (this.#nextNear + 1) & (NEAR_COUNT - 1);
    this.#same[slot] = address + this.#sameOffset;
  }
}

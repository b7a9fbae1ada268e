// A seeded pseudo-random generator for the simulated market: the same seed always gives the same numbers. Not for
// anything that needs real randomness.

/** Uniform in [0, 1). */
export type Random = () => number;

/** Tommy Ettinger's generator with 32 bits of state (mulberry32). `seed` is any integer. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`, inclusive. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** A number around zero, nearly always within ±1.5, and most often near zero. */
export function around(random: Random): number {
  return random() + random() + random() - 1.5;
}

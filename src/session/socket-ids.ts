// Socket ids: `digits.digits`, the form that every Pusher library checks for. 64 random bits, since
// an id is part of what is signed and must not be guessed or come twice in a cluster.

/** Fills the array with random numbers and returns it. */
export type RandomFill = (numbers: Uint32Array) => Uint32Array;

const POOL_NUMBERS = 512;

/** A source of ids. Random numbers are drawn in bulk: one draw for 256 connections. */
export function socketIds(fill: RandomFill): () => string {
  const pool = new Uint32Array(POOL_NUMBERS);
  let next = POOL_NUMBERS;
  return () => {
    if (next === POOL_NUMBERS) {
      fill(pool);
      next = 0;
    }
    const id = `${pool[next]}.${pool[next + 1]}`;
    next += 2;
    return id;
  };
}

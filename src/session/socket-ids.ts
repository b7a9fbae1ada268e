// Socket ids. They have the form `digits.digits`, which every Pusher library checks. They consist
// of 64 random bits, because an id is part of what is signed: it must not be guessable, and must
// not occur twice in a cluster.

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

// An answer of another node that came in several parts.

/** The entries of an answer in parts. */
export interface Joined {
  readonly entries: readonly unknown[];
  readonly isComplete: boolean;
}

/** The answer of a node that did not answer. */
export const NO_PARTS: Joined = { entries: [], isComplete: false };

/** Joins the parts. A malformed part makes the answer empty and incomplete. */
export function joinParts(parts: readonly unknown[]): Joined {
  const entries: unknown[] = [];
  let isComplete = true;
  for (const part of parts) {
    if (!Array.isArray(part) || !Array.isArray(part[1])) return NO_PARTS;
    isComplete &&= part[0] === true;
    entries.push(...part[1]);
  }
  return { entries, isComplete };
}

// What nodes tell one another over a link. An operation is an array, its first element the kind.
import type { Follow, MemberEntry } from "./part.ts";
import { isNodeFacts, type NodeFacts } from "./peers.ts";

/** One operation. The order within a link counts. */
export type Operation =
  /** The state of this link begins anew: what is not repeated until `sent` holds no longer. */
  | readonly ["begin"]
  /** All parts that the receiver owns among the nodes with this hash have been sent. The sender cannot reach the others. */
  | readonly ["sent", hash: number, unreachable: readonly NodeFacts[]]
  /** The sender's part has changed. */
  | readonly [
      "part",
      key: string,
      count: number,
      follow: Follow,
      added: readonly MemberEntry[],
      removed: readonly string[],
    ]
  /**
   * The sender's whole part. `seen` is what the sender saw elsewhere. `former` is the node that owned the key
   * before; empty if the owner is the same.
   */
  | readonly [
      "whole",
      key: string,
      count: number,
      follow: Follow,
      members: readonly MemberEntry[],
      seen: readonly MemberEntry[],
      former: string,
    ]
  /** The sender has another owner for the key now, and sends its part there. */
  | readonly ["moved", key: string]
  /** The former owner of the key has told it as occupied, and these members as added, and not yet the opposite. */
  | readonly ["told", key: string, occupied: 0 | 1, userIds: readonly string[]]
  /** What is elsewhere has changed, for the receiver. */
  | readonly [
      "view",
      key: string,
      count: number,
      added: readonly MemberEntry[],
      removed: readonly string[],
    ]
  /** What is elsewhere, for the receiver. If it is not complete, what is missing in it may exist. */
  | readonly [
      "views",
      key: string,
      count: number,
      members: readonly MemberEntry[],
      isComplete: 0 | 1,
    ]
  /** Something that the census only carries, in order with everything else. */
  | readonly ["carried", key: string, value: unknown];

const MAX_KEY_LENGTH = 1024;

/** Reads operations that came over the bus. Null if they are malformed. */
export function readOperations(value: unknown): readonly Operation[] | null {
  return Array.isArray(value) && value.every(isOperation) ? value : null;
}

function isOperation(value: unknown): value is Operation {
  if (!Array.isArray(value)) return false;
  const [kind, key, a, b, c, d, e]: unknown[] = value;
  switch (kind) {
    case "begin":
      return true;
    case "sent":
      return typeof key === "number" && Array.isArray(a) && a.every(isNodeFacts);
    case "moved":
    case "carried":
      return isKey(key);
    case "part":
      return isKey(key) && isCount(a) && isFollow(b) && isMembers(c) && isTexts(d);
    case "whole":
      return (
        isKey(key) &&
        isCount(a) &&
        isFollow(b) &&
        isMembers(c) &&
        isMembers(d) &&
        typeof e === "string"
      );
    case "told":
      return isKey(key) && (a === 0 || a === 1) && isTexts(b);
    case "view":
      return isKey(key) && isCount(a) && isMembers(b) && isTexts(c);
    case "views":
      return isKey(key) && isCount(a) && isMembers(b) && (c === 0 || c === 1);
    default:
      return false;
  }
}

function isKey(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_KEY_LENGTH;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isFollow(value: unknown): value is Follow {
  return value === 0 || value === 1 || value === 2;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isMembers(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (each) =>
        Array.isArray(each) &&
        typeof each[0] === "string" &&
        (each[1] === null || typeof each[1] === "string"),
    )
  );
}

// What a node says about itself once a second, and at once to a node that is new.
import type { Beat } from "./census/census.ts";
import { isNodeFacts, type NodeFacts } from "./census/peers.ts";

/** A heartbeat. */
export interface Heartbeat {
  readonly facts: NodeFacts;
  readonly beat: Beat;
  /** The number of this heartbeat. */
  readonly number: number;
  /** The number of the last publication. */
  readonly published: number;
  /** The oldest publication of which it is not certain that the broker has it; 0 if there is none. */
  readonly unsure: number;
  /** What the node serves, as hashes: two clusters that share none must not meet. */
  readonly apps: readonly number[];
}

/** Reads a heartbeat that came over the bus; null if it is malformed. */
export function readHeartbeat(value: unknown): Heartbeat | null {
  if (!isObject(value)) return null;
  const { facts, beat, number, published, unsure, apps } = value;
  if (!isNodeFacts(facts) || !isBeat(beat)) return null;
  if (!isCount(number) || !isCount(published) || !isCount(unsure)) return null;
  if (!Array.isArray(apps) || !apps.every(isCount)) return null;
  return { facts, beat, number, published, unsure, apps };
}

/** Whether the two serve different apps. A node that names none is at home everywhere. */
export function isForeign(one: readonly number[], other: readonly number[]): boolean {
  return one.length > 0 && other.length > 0 && !one.some((hash) => other.includes(hash));
}

function isBeat(value: unknown): value is Beat {
  if (!isObject(value)) return false;
  const { alive, unreachable, sent } = value;
  if (!Array.isArray(alive) || !alive.every(isLife)) return false;
  if (!Array.isArray(unreachable) || !unreachable.every(isNodeFacts)) return false;
  return isObject(sent) && Object.values(sent).every(isPosition);
}

function isLife(value: unknown): boolean {
  return isObject(value) && typeof value["id"] === "string" && isCount(value["incarnation"]);
}

function isPosition(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

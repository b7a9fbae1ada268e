// The two forms of these tests: a short one for every run, and a long one for the night.

import { test } from "bun:test";

/** Whether the long form runs: `./build.sh test --nightly`. */
export const NIGHTLY: boolean = process.env["FANWIRE_NIGHTLY"] === "1";

/** Registers a test of the long form alone. What it shows is shown in the short form by another. */
export function inNight(name: string, body: () => Promise<void>): void {
  if (NIGHTLY) test(name, body);
}

/** The value for the present form. */
export function inForm<T>(short: T, long: T): T {
  return NIGHTLY ? long : short;
}

/** Who is there and what they publish. */
interface Load {
  /** Users of the presence channel. */
  readonly userCount: number;
  /** So many of them have a second connection on another node. */
  readonly secondTabCount: number;
  readonly publisherCount: number;
  readonly perSecond: number;
}

/** The load that faults are tested under. */
export const LOAD: Load = {
  userCount: 36,
  secondTabCount: 12,
  publisherCount: 20,
  perSecond: inForm(100, 200),
};

/** Views must be right so soon after a fault has ended. */
export const RIGHT_MS = 5000;
/** The same for a node that has died. */
export const RIGHT_AFTER_DEATH_MS = 10_000;
/** A publish is answered within this time. */
export const ANSWER_MS = 1000;
/** What a machine that does much else at once may add to it. */
export const SLACK_MS = 500;

// What the judges say.

/** The rules of a cluster that can be broken. */
export type Rule =
  | "accident"
  | "answer"
  | "count"
  | "duplicate"
  | "early"
  | "ended"
  | "false removal"
  | "http"
  | "lost"
  | "order"
  | "repeated announcement"
  | "unannounced"
  | "unknown"
  | "view"
  | "webhook";

/** A broken rule, and where. */
export interface Complaint {
  readonly rule: Rule;
  readonly text: string;
}

/** Complaints of one rule that a report shows in full. */
const SHOWN = 6;

/** The complaints as text: how many break each rule, and the first of each. Empty if there are none. */
export function report(complaints: readonly Complaint[]): string {
  const byRule = Map.groupBy(complaints, ({ rule }) => rule);
  return [...byRule]
    .map(([rule, broken]) => {
      const shown = broken.slice(0, SHOWN).map(({ text }) => `\n    ${text}`);
      return `${rule}: ${broken.length}${shown.join("")}`;
    })
    .join("\n  ");
}

/** @throws a report when there is any complaint. */
export function expectNone(complaints: readonly Complaint[], when: string): void {
  if (complaints.length > 0) throw new Error(`Wrong ${when}:\n  ${report(complaints)}`);
}

/** A time of the journal for people. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

// Judges each rule by the results of a test run.
import type { TestCase } from "./cases.ts";
import type { Rule } from "./rules.ts";

/** A rule, and whether the run has proved it. */
export interface Verdict {
  readonly rule: Rule;
  readonly passed: boolean;
  /** Why the rule is not proved, one sentence for each reason. */
  readonly complaints: readonly string[];
}

/** Judges a rule: every pattern must match a test, and every matched test must have passed. */
export function judge(rule: Rule, cases: readonly TestCase[]): Verdict {
  const complaints = rule.tests.flatMap((pattern) => complaintsOf(rule, pattern, cases));
  if (rule.tests.length === 0) complaints.push(`Cannot show rule ${rule.id}: it names no test`);
  return { rule, passed: complaints.length === 0, complaints };
}

function complaintsOf({ id }: Rule, pattern: string, cases: readonly TestCase[]): string[] {
  const matched = cases.filter(({ name }) => matches(name, pattern));
  if (matched.length === 0)
    return [`Cannot show rule ${id} by "${pattern}": the reports have no such test`];
  return matched
    .filter(({ passed }) => !passed)
    .map(({ name }) => `Cannot show rule ${id} by "${name}": the test has not passed`);
}

/** Whether the name matches the pattern, in which `*` stands for any text. */
function matches(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

// Turns a parsed filter into its canonical form and key. Only laws of two-valued logic are applied:
// every comparison is true or false for every message, also for one without the tag. No step makes a
// filter larger ("and" is not distributed over "or"), so the limits of parsing bound the canonical
// form too. Long keys of parts are replaced by digests, so that the cost of a key does not grow with
// the number of levels above it.

import { createHash } from "node:crypto";
import type { Filter, Leaf, Term, Test } from "./filter.ts";
import type { FilterNode } from "./node.ts";
import { readNumber } from "./number.ts";
import { joinAll, meetAll, type ValueSet } from "./value-set.ts";

/** A simplified part with its key. A branch holds drafts instead of terms until its own simplification is done. */
type Draft =
  | { readonly kind: "leaf"; readonly key: string; readonly leaf: Leaf }
  | { readonly kind: "set"; readonly key: string; readonly tag: string; readonly set: ValueSet }
  | { readonly kind: "and" | "or"; readonly key: string; readonly drafts: readonly Draft[] }
  | { readonly kind: "always" | "never"; readonly key: string };

type SetDraft = Extract<Draft, { readonly kind: "set" }>;

/** The tests that do not compare with a set of values. `eq` and `in` are kept as sets until all sets of a tag are merged. */
type SingleTest = Exclude<Test, { readonly kind: "in" }>;

/** A part's key that is longer than this is replaced by a digest. */
const MAX_PLAIN_KEY_LENGTH = 64;

const ALWAYS: Draft = { kind: "always", key: "always" };
const NEVER: Draft = { kind: "never", key: "never" };

/**
 * The canonical form.
 *
 * Filters that differ only in the following get the same key: order and repetition of the arms of
 * and/or; nesting of and/or of one kind; double negation and De Morgan's laws; `neq`/`nin`/`nex`
 * against negated `eq`/`in`/`ex`; order and repetition in a list; a list of one value against `eq`;
 * several `eq`/`in` on one tag against the single list that they amount to; the spelling of numbers
 * (`1.0`, `1`); and parts that are always or never true.
 */
export function canonicalise(node: FilterNode): Filter {
  const draft = reduce(node, false);
  return { kind: "filter", key: draft.key, term: toTerm(draft) };
}

function reduce(node: FilterNode, negated: boolean): Draft {
  switch (node.kind) {
    case "and":
    case "or":
      return branch(
        (node.kind === "and") === negated ? "or" : "and",
        node.nodes.map((child) => reduce(child, negated)),
      );
    case "not":
      // A "not" has exactly one node, and an "and" of one node is that node.
      return reduce({ kind: "and", nodes: node.nodes }, !negated);
    case "eq":
      return setDraft(node.tag, { values: [node.value], negated });
    case "neq":
      return setDraft(node.tag, { values: [node.value], negated: !negated });
    case "in":
      return setDraft(node.tag, { values: node.values, negated });
    case "nin":
      return setDraft(node.tag, { values: node.values, negated: !negated });
    case "ex":
      return leafDraft(node.tag, negated, { kind: "ex" });
    case "nex":
      return leafDraft(node.tag, !negated, { kind: "ex" });
    case "sw":
    case "ew":
    case "ct":
      return leafDraft(node.tag, negated, { kind: node.kind, value: node.value });
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const bound = readNumber(node.value);
      // A comparison with something that is not a number fails for every tag, and for a missing one.
      if (Number.isNaN(bound)) return negated ? ALWAYS : NEVER;
      return leafDraft(node.tag, negated, { kind: node.kind, bound });
    }
    default:
      return node satisfies never;
  }
}

function leafDraft(tag: string, negated: boolean, test: SingleTest): Draft {
  const key = keyOf(`${test.kind}(${JSON.stringify(tag)}${operandOf(test)})`, negated);
  return { kind: "leaf", key, leaf: { kind: "leaf", tag, negated, test } };
}

/** Shortens the key of a part. The sign stays in front of the digest, because a part and its negation are recognised by it. */
function keyOf(text: string, negated: boolean): string {
  const short =
    text.length <= MAX_PLAIN_KEY_LENGTH
      ? text
      : // Collisions of the digest cannot be constructed, so equal keys still mean equal filters.
        `#${createHash("sha256").update(text).digest("base64")}`;
  return negated ? `!${short}` : short;
}

/** Quotes a text as JSON, so that no text can imitate another key. */
function operandOf(test: SingleTest): string {
  if ("value" in test) return `,${JSON.stringify(test.value)}`;
  return "bound" in test ? `,${test.bound}` : "";
}

function setDraft(tag: string, set: ValueSet): Draft {
  const { negated } = set;
  const values = [...new Set(set.values)].toSorted();
  if (values.length === 0) return negated ? ALWAYS : NEVER;
  const key = keyOf(`in(${JSON.stringify(tag)},${JSON.stringify(values)})`, negated);
  return { kind: "set", key, tag, set: { values, negated } };
}

function branch(kind: "and" | "or", drafts: readonly Draft[]): Draft {
  // A false arm decides an "and", a true arm an "or"; the opposite constant has no effect and is left out.
  const decisive = kind === "and" ? NEVER : ALWAYS;
  const neutral = kind === "and" ? ALWAYS : NEVER;
  const parts = new Map<string, Draft>();
  const sets = new Map<string, SetDraft[]>();
  // Arms are simplified already, so an arm of the same kind contains no further arm of that kind:
  // flattening one level is enough.
  for (const part of drafts.flatMap((draft) => (draft.kind === kind ? draft.drafts : [draft]))) {
    if (part.kind === decisive.kind) return decisive;
    if (part.kind === "set") sets.getOrInsertComputed(part.tag, () => []).push(part);
    else if (part.kind !== neutral.kind) parts.set(part.key, part);
  }
  for (const same of sets.values()) {
    const merged = merge(kind, same);
    if (merged.kind === decisive.kind) return decisive;
    parts.set(merged.key, merged);
  }
  for (const key of parts.keys()) {
    // A part and its negation: no message passes both, every message passes one of them.
    if (key.startsWith("!") && parts.has(key.slice(1))) return decisive;
  }
  return assemble(kind, [...parts.values()].toSorted(compareDrafts)) ?? neutral;
}

/** Merges all sets of one tag into one. */
function merge(kind: "and" | "or", drafts: readonly SetDraft[]): Draft {
  const [first] = drafts;
  if (first === undefined || drafts.length === 1) return first ?? NEVER;
  const sets = drafts.map(({ set }) => set);
  return setDraft(first.tag, kind === "and" ? meetAll(sets) : joinAll(sets));
}

function assemble(kind: "and" | "or", drafts: readonly Draft[]): Draft | undefined {
  if (drafts.length < 2) return drafts[0];
  const key = keyOf(`${kind}(${drafts.map((draft) => draft.key).join(",")})`, false);
  return { kind, key, drafts };
}

/** Orders leaves before branches, because they are cheaper to test and often decide the result; then by key. */
function compareDrafts(left: Draft, right: Draft): number {
  const rank = Number(isBranch(left)) - Number(isBranch(right));
  if (rank !== 0) return rank;
  return left.key < right.key ? -1 : 1;
}

function isBranch(draft: Draft): boolean {
  return draft.kind === "and" || draft.kind === "or";
}

function toTerm(draft: Draft): Term {
  switch (draft.kind) {
    case "always":
    case "never":
      return { kind: draft.kind };
    case "leaf":
      return draft.leaf;
    case "set":
      return toSetLeaf(draft.tag, draft.set);
    case "and":
    case "or":
      return { kind: draft.kind, terms: draft.drafts.map(toTerm) };
    default:
      return draft satisfies never;
  }
}

function toSetLeaf(tag: string, { values, negated }: ValueSet): Leaf {
  const [value] = values;
  if (values.length === 1 && value !== undefined) {
    return { kind: "leaf", tag, negated, test: { kind: "eq", value } };
  }
  return { kind: "leaf", tag, negated, test: { kind: "in", values: new Set(values) } };
}

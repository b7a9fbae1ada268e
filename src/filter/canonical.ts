// From a written filter to its canonical form and key. Only laws of two-valued logic are used:
// every comparison answers true or false for every message, also for one without the tag.
// Nothing here makes a filter larger (no distribution of "and" over "or"), so the limits that
// parsing put on a filter bound its canonical form as well. Keys of parts are short, so that a part
// costs the same however many levels stand above it.

import { createHash } from "node:crypto";
import type { Filter, Leaf, Term, Test } from "./filter.ts";
import type { FilterNode } from "./node.ts";
import { readNumber } from "./number.ts";
import { joinAll, meetAll, type ValueSet } from "./value-set.ts";

/** A simplified part with its key. A branch keeps drafts, not terms, until nothing can change any more. */
type Draft =
  | { readonly kind: "leaf"; readonly key: string; readonly leaf: Leaf }
  | { readonly kind: "set"; readonly key: string; readonly tag: string; readonly set: ValueSet }
  | { readonly kind: "and" | "or"; readonly key: string; readonly drafts: readonly Draft[] }
  | { readonly kind: "always" | "never"; readonly key: string };

type SetDraft = Extract<Draft, { readonly kind: "set" }>;

/** The tests that are not about a set of values: those are kept as sets until they are merged. */
type SingleTest = Exclude<Test, { readonly kind: "in" }>;

/** A longer key of a part is replaced by its digest. */
const MAX_PLAIN_KEY_LENGTH = 64;

const ALWAYS: Draft = { kind: "always", key: "always" };
const NEVER: Draft = { kind: "never", key: "never" };

/**
 * The canonical form.
 *
 * One key for: any order and repetition of the arms of and/or, nested and/or of one kind, double
 * negation and De Morgan's twins, `neq`/`nin`/`nex` and the negated `eq`/`in`/`ex`, any order and
 * repetition in a list, a list of one and `eq`, several `eq`/`in` on one tag and the one list they
 * amount to, numbers spelled differently (`1.0`, `1`), and parts that are always or never true.
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
      // "not" of its one node is "not" of the "and" of it.
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
      // Compared with something that is no number, every tag fails, and so does a missing one.
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

/** The key of a part that this text describes. The sign stays in front, where a part's opposite is looked for. */
function keyOf(text: string, negated: boolean): string {
  const short =
    text.length <= MAX_PLAIN_KEY_LENGTH
      ? text
      : // Nobody can make two filters with one digest, so equal keys still mean equal filters.
        `#${createHash("sha256").update(text).digest("base64")}`;
  return negated ? `!${short}` : short;
}

/** JSON strings make a key unambiguous: no text can end its own quotes. */
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
  // One false arm decides an "and", one true arm an "or"; the other constant says nothing there.
  const decisive = kind === "and" ? NEVER : ALWAYS;
  const neutral = kind === "and" ? ALWAYS : NEVER;
  const parts = new Map<string, Draft>();
  const sets = new Map<string, SetDraft[]>();
  // Arms are simplified already, so an arm of the same kind has no such arm itself: one level
  // of flattening is all there is.
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
    // A part and its opposite: nothing passes both, everything passes either.
    if (key.startsWith("!") && parts.has(key.slice(1))) return decisive;
  }
  return assemble(kind, [...parts.values()].toSorted(compareDrafts)) ?? neutral;
}

/** What the sets of one tag amount to. */
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

/** Leaves before branches, because they are cheaper to test and often decide; then by key. */
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

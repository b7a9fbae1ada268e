// Parses the JSON that a client sent into a canonical filter, or into a sentence about its first error.
// Every JSON value gives one or the other, in time bounded by the limits below. Grammar and limits are
// those of Sockudo's filters; members that Sockudo ignores are ignored here too.

import { canonicalise } from "./canonical.ts";
import type { Filter } from "./filter.ts";
import { fitsBytes, isObject, MAX_KEY_BYTES, member, readText, type JsonObject } from "./json.ts";
import { describe, filterError, type FilterError, tooLarge } from "./filter-error.ts";
import type { FilterNode, ListComparison, ValueComparison } from "./node.ts";

/** The most nodes of one filter, branches and leaves together. */
export const MAX_NODE_COUNT = 128;

/** The most levels of one filter. A single leaf is one level. */
export const MAX_DEPTH = 16;

/** The most values of one `in` or `nin`. */
export const MAX_LIST_LENGTH = 128;

/** Limits on the total size of one filter. */
export interface FilterLimits {
  /** Values of all leaves together. */
  readonly maxValueCount: number;
  /** Characters of the keys and values of all leaves together. */
  readonly maxTextLength: number;
}

/** 1,024 values and 16,384 characters. */
export const DEFAULT_FILTER_LIMITS: FilterLimits = { maxValueCount: 1024, maxTextLength: 16_384 };

const COMPARISONS = "one of eq, neq, in, nin, ex, nex, sw, ew, ct, gt, gte, lt, lte";

/** Totals over the part of the filter that has been read. */
interface Seen {
  readonly limits: FilterLimits;
  nodeCount: number;
  valueCount: number;
  textLength: number;
}

/** The current node: its path for messages, and its level. */
interface Place {
  readonly path: string;
  readonly depth: number;
  readonly seen: Seen;
}

/**
 * Reads one filter. `path` names its root in messages.
 *
 * A branch is `{op: "and" | "or" | "not", nodes: […]}` with at least one node, for `not` exactly
 * one. A leaf is `{key, cmp, val}`, `{key, cmp: "in" | "nin", vals: […]}` or
 * `{key, cmp: "ex" | "nex"}`. Values are strings, numbers or booleans; `val` is not empty.
 * At most 128 nodes, 16 levels, 128 values in a list, 256 bytes in a key and 1024 in a value, and in
 * total what `limits` allow. A member that is null counts as absent. Never throws.
 */
export function parseFilter(
  value: unknown,
  path = "filter",
  limits: FilterLimits = DEFAULT_FILTER_LIMITS,
): Filter | FilterError {
  const seen = { limits, nodeCount: 0, valueCount: 0, textLength: 0 };
  const node = readNode(value, { path, depth: 1, seen });
  return node.kind === "error" ? node : canonicalise(node);
}

function readNode(value: unknown, place: Place): FilterNode | FilterError {
  const { path, depth, seen } = place;
  if (!isObject(value)) return filterError(path, describe(value), "an object with op or cmp");
  seen.nodeCount++;
  if (seen.nodeCount > MAX_NODE_COUNT) {
    return tooLarge(path, `node ${seen.nodeCount}`, `one of at most ${MAX_NODE_COUNT} nodes`);
  }
  if (depth > MAX_DEPTH) {
    return tooLarge(path, `at level ${depth}`, `at level ${MAX_DEPTH} at most`);
  }
  if (member(value, "op") !== undefined) return readBranch(value, place);
  const leaf = readLeaf(value, path);
  return leaf.kind === "error" ? leaf : (surplus(leaf, place) ?? leaf);
}

/** The error if this leaf makes the filter too large, else null. */
function surplus(leaf: FilterNode, { path, seen }: Place): FilterError | null {
  const { maxValueCount, maxTextLength } = seen.limits;
  const values = "values" in leaf ? leaf.values : "value" in leaf ? [leaf.value] : [];
  seen.valueCount += values.length;
  for (const value of values) seen.textLength += value.length;
  if ("tag" in leaf) seen.textLength += leaf.tag.length;
  if (seen.valueCount > maxValueCount) {
    const must = `within the ${maxValueCount} values of the whole filter`;
    return tooLarge(path, `value ${seen.valueCount}`, must);
  }
  if (seen.textLength > maxTextLength) {
    const must = `within the ${maxTextLength} characters of the whole filter`;
    return tooLarge(path, `at character ${seen.textLength}`, must);
  }
  return null;
}

function readBranch(node: JsonObject, place: Place): FilterNode | FilterError {
  const { path } = place;
  const kind = member(node, "op");
  if (kind !== "and" && kind !== "or" && kind !== "not") {
    return filterError(`${path}.op`, describe(kind), "one of and, or, not");
  }
  for (const name of ["key", "cmp", "val", "vals"]) {
    const found = member(node, name);
    if (found === undefined || isEmptyList(found)) continue;
    return filterError(`${path}.${name}`, describe(found), "absent beside op");
  }
  const list = member(node, "nodes");
  if (!isList(list)) return filterError(`${path}.nodes`, describe(list), "a list of nodes");
  if (list.length === 0 || (kind === "not" && list.length > 1)) {
    const must = kind === "not" ? "exactly one node" : "one node or more";
    return filterError(`${path}.nodes`, `a list of ${list.length}`, must);
  }
  const nodes: FilterNode[] = [];
  for (const [at, value] of list.entries()) {
    const below = { path: `${path}.nodes[${at}]`, depth: place.depth + 1, seen: place.seen };
    const child = readNode(value, below);
    if (child.kind === "error") return child;
    nodes.push(child);
  }
  return { kind, nodes };
}

function readLeaf(node: JsonObject, path: string): FilterNode | FilterError {
  const nodes = member(node, "nodes");
  if (nodes !== undefined && !isEmptyList(nodes)) {
    return filterError(`${path}.nodes`, describe(nodes), "absent from a node without op");
  }
  const tag = member(node, "key");
  if (typeof tag !== "string" || tag === "") {
    return filterError(`${path}.key`, describe(tag), "the name of a tag");
  }
  if (!fitsBytes(tag, MAX_KEY_BYTES)) {
    return filterError(`${path}.key`, "too long", `at most ${MAX_KEY_BYTES} bytes`);
  }
  const kind = member(node, "cmp");
  switch (kind) {
    case "eq":
    case "neq":
    case "sw":
    case "ew":
    case "ct":
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return readValue(node, { kind, tag }, `${path}.val`);
    case "in":
    case "nin":
      return readList(node, { kind, tag }, `${path}.vals`);
    case "ex":
    case "nex":
      return { kind, tag };
    default:
      return filterError(`${path}.cmp`, describe(kind), COMPARISONS);
  }
}

function readValue(
  node: JsonObject,
  leaf: { readonly kind: ValueComparison; readonly tag: string },
  path: string,
): FilterNode | FilterError {
  const value = readText(member(node, "val"), path);
  if (typeof value !== "string") return value;
  if (value === "") return filterError(path, "empty", "filled (in takes an empty value)");
  return { kind: leaf.kind, tag: leaf.tag, value };
}

function readList(
  node: JsonObject,
  leaf: { readonly kind: ListComparison; readonly tag: string },
  path: string,
): FilterNode | FilterError {
  const list = member(node, "vals");
  if (!isList(list)) return filterError(path, describe(list), "a list of values");
  if (list.length === 0 || list.length > MAX_LIST_LENGTH) {
    const is = `a list of ${list.length}`;
    const must = `a list of 1 to ${MAX_LIST_LENGTH} values`;
    return list.length === 0 ? filterError(path, is, must) : tooLarge(path, is, must);
  }
  const values: string[] = [];
  for (const [at, item] of list.entries()) {
    const value = readText(item, `${path}[${at}]`);
    if (typeof value !== "string") return value;
    values.push(value);
  }
  return { kind: leaf.kind, tag: leaf.tag, values };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Whether the list is absent or empty: some serializers write an empty list for one that was not given. */
function isEmptyList(value: unknown): boolean {
  return isList(value) && value.length === 0;
}

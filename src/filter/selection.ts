// What a subscription selects of its channel's messages, by event name and by tags. This is the outer
// form of a filter; the tag filter inside it is parsed in parse.ts. The form also has `expression`,
// which is not supported and is refused: ignoring it would deliver messages that the subscriber has
// excluded.

import type { Filter } from "./filter.ts";
import { isObject, member, type JsonObject } from "./json.ts";
import { matches } from "./match.ts";
import { describe, filterError, type FilterError, tooLarge } from "./filter-error.ts";
import { DEFAULT_FILTER_LIMITS, type FilterLimits, parseFilter } from "./parse.ts";
import type { Tags } from "./tags.ts";

/** Limits on the list of event names and on the tag filter. */
export interface SelectionLimits extends FilterLimits {
  /** Names in one list. */
  readonly maxEventCount: number;
  /** Characters of one name. */
  readonly maxEventNameLength: number;
}

/** 50 names of 200 characters, and the default limits of a tag filter. */
export const DEFAULT_SELECTION_LIMITS: SelectionLimits = {
  ...DEFAULT_FILTER_LIMITS,
  maxEventCount: 50,
  maxEventNameLength: 200,
};

/**
 * What a subscription selects. Immutable.
 *
 * `key` is its identity, as with a filter: equal keys select the same messages. It is empty when
 * everything is selected.
 */
export interface Selection {
  readonly kind: "selection";
  readonly key: string;
  /** Event names in ascending order; absent for all events. */
  readonly events?: ReadonlySet<string>;
  /** The tag filter; absent for any tags. */
  readonly filter?: Filter;
}

/** The selection of a subscription without a filter. */
export const WHOLE_CHANNEL: Selection = { kind: "selection", key: "" };

/**
 * Reads the `filter` member of a subscribe.
 *
 * It is a tag filter, or `{events?: […], tags?: filter}`, both of which must pass. An empty list of
 * events counts as absent, and so does a part that is null. Without any part, and for an absent or null
 * value, the whole channel is selected. Never throws.
 */
export function parseSelection(
  value: unknown,
  limits: SelectionLimits = DEFAULT_SELECTION_LIMITS,
): Selection | FilterError {
  if (value === undefined || value === null) return WHOLE_CHANNEL;
  if (!isObject(value) || !isCompound(value))
    return select(undefined, parseFilter(value, "filter", limits));
  for (const name of ["op", "key", "cmp", "val", "vals", "nodes"]) {
    const found = member(value, name);
    if (found === undefined) continue;
    return filterError(
      `filter.${name}`,
      describe(found),
      "inside tags when events or tags is given",
    );
  }
  if (member(value, "expression") !== undefined) {
    return filterError("filter.expression", "an expression", "absent: use events and tags");
  }
  const events = readEvents(member(value, "events"), limits);
  if (events !== undefined && "kind" in events) return events;
  const tags = member(value, "tags");
  return select(events, tags === undefined ? undefined : parseFilter(tags, "filter.tags", limits));
}

/** Whether a message with this event name and these tags is selected. Allocates nothing. */
export function accepts(selection: Selection, event: string, tags: Tags): boolean {
  if (selection.events !== undefined && !selection.events.has(event)) return false;
  return selection.filter === undefined || matches(selection.filter, tags);
}

function isCompound(value: JsonObject): boolean {
  return ["events", "tags", "expression"].some((name) => Object.hasOwn(value, name));
}

function readEvents(
  value: unknown,
  limits: SelectionLimits,
): ReadonlySet<string> | FilterError | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value))
    return filterError("filter.events", describe(value), "a list of names");
  const { maxEventCount, maxEventNameLength } = limits;
  if (value.length > maxEventCount) {
    const must = `a list of at most ${maxEventCount} event names`;
    return tooLarge("filter.events", `a list of ${value.length}`, must);
  }
  const names: string[] = [];
  for (const [at, name] of (value as readonly unknown[]).entries()) {
    if (typeof name !== "string" || name === "" || name.length > maxEventNameLength) {
      const must = `an event name of 1 to ${maxEventNameLength} characters`;
      return filterError(`filter.events[${at}]`, describe(name), must);
    }
    names.push(name);
  }
  return names.length === 0 ? undefined : new Set(names.toSorted());
}

function select(
  events: ReadonlySet<string> | undefined,
  filter: Filter | FilterError | undefined,
): Selection | FilterError {
  if (filter?.kind === "error") return filter;
  // A filter that passes every message is equal to no filter, so that both share a cohort.
  const asked = filter?.term.kind === "always" ? undefined : filter;
  if (events === undefined && asked === undefined) return WHOLE_CHANNEL;
  const names = events === undefined ? "" : `events${JSON.stringify([...events])}`;
  return {
    kind: "selection",
    key: `${names}${asked?.key ?? ""}`,
    ...(events !== undefined && { events }),
    ...(asked !== undefined && { filter: asked }),
  };
}

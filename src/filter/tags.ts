// The tags of one message: a map from text to text. A Map instead of an object, so that `__proto__` and
// `constructor` are tags like any other, and no look-up finds an inherited member.

import { fitsBytes, isObject, MAX_KEY_BYTES, readText, type JsonObject } from "./json.ts";
import { describe, excerpt, filterError, type FilterError } from "./filter-error.ts";

/** A message's tags. Those made by `readTags` iterate in ascending order of their keys. */
export type Tags = ReadonlyMap<string, string>;

/** The most tags of one message: as many as one filter can test, since it has no more nodes. */
export const MAX_TAG_COUNT = 128;

/** The tags of a message that was published without any. */
export const NO_TAGS: Tags = new Map();

/** Valid tags. */
export interface TagsRead {
  readonly kind: "tags";
  readonly tags: Tags;
}

/**
 * Reads the `tags` member of a publish: an object of strings, numbers or booleans; absent or null means
 * no tags. At most 128 tags, with keys of at most 256 bytes and values of at most 1024 bytes.
 * Never throws.
 */
export function readTags(value: unknown): TagsRead | FilterError {
  if (value === undefined || value === null) return { kind: "tags", tags: NO_TAGS };
  if (!isObject(value)) {
    return filterError("tags", describe(value), "an object of strings, numbers or booleans");
  }
  const keys = Object.keys(value);
  if (keys.length > MAX_TAG_COUNT) {
    return filterError("tags", `${keys.length} tags`, `at most ${MAX_TAG_COUNT} tags`);
  }
  // Sorted, so that the same tags in another order give identical frames. The frame format requires
  // sorted keys as well.
  return readMembers(value, keys.toSorted());
}

function readMembers(value: JsonObject, keys: readonly string[]): TagsRead | FilterError {
  const tags = new Map<string, string>();
  for (const key of keys) {
    const path = `tags.${excerpt(key)}`;
    if (!fitsBytes(key, MAX_KEY_BYTES)) {
      return filterError(path, "too long a key", `a key of at most ${MAX_KEY_BYTES} bytes`);
    }
    const text = readText(value[key], path);
    if (typeof text !== "string") return text;
    tags.set(key, text);
  }
  return { kind: "tags", tags };
}

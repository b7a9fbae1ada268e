// What the random operations consist of: messages, filters and delta requests as JSON, and their
// meaning, implemented again in the simplest way.
import * as fc from "fast-check";

/** A filter as a client sends it. */
export type FilterJson = Leaf | Branch | Compound;

interface Leaf {
  readonly key: string;
  readonly cmp: "eq" | "neq" | "in" | "ex" | "gt";
  readonly val?: string;
  readonly vals?: readonly string[];
}

interface Branch {
  readonly op: "and" | "or" | "not";
  readonly nodes: readonly Leaf[];
}

interface Compound {
  readonly events?: readonly string[];
  readonly tags?: Leaf | Branch;
}

/** Tags as they are published. */
export type TagsJson = Readonly<Record<string, string>>;

/** Whether a subscription with the filter gets the event. */
export function selects(filter: FilterJson | undefined, event: string, tags: TagsJson): boolean {
  if (filter === undefined) return true;
  if (!isCompound(filter)) return passes(filter, tags);
  if (filter.events !== undefined && !filter.events.includes(event)) return false;
  return filter.tags === undefined || passes(filter.tags, tags);
}

function isCompound(filter: FilterJson): filter is Compound {
  return "events" in filter || "tags" in filter;
}

function passes(filter: Leaf | Branch, tags: TagsJson): boolean {
  if ("op" in filter) {
    const answers = filter.nodes.map((node) => passes(node, tags));
    if (filter.op === "or") return answers.includes(true);
    return answers.includes(false) === (filter.op === "not");
  }
  const value = tags[filter.key];
  if (filter.cmp === "neq") return value !== filter.val;
  if (value === undefined) return false;
  if (filter.cmp === "gt") return Number(value) > Number(filter.val);
  if (filter.cmp === "in") return filter.vals?.includes(value) === true;
  return filter.cmp === "ex" || value === filter.val;
}

/** The text at the path, which identifies messages with the same conflation key. Empty if the path leads nowhere. */
export function keyText(data: string, path: readonly string[]): string {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return "";
  }
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return "";
    value = Reflect.get(value, step);
  }
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Values for `delta` of a subscription. */
export const deltaRequests: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("fossil", "xdelta3", true) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { algorithm: "fossil", format: "compact" },
      { algorithm: "vcdiff", format: "compact" },
      { format: "compact" },
      { enabled: true, algorithm: "fossil" },
    ),
  },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(false, "none", { enabled: false }) },
);

const EVENTS = ["price", "trade", 'q"\\uö', "pusher:custom", "sockudo:custom"] as const;
const events: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("price", "trade") },
  { weight: 1, arbitrary: fc.constantFrom(...EVENTS) },
);

const leaves: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    key: fc.constant("ex"),
    cmp: fc.constantFrom("eq", "neq"),
    val: fc.constantFrom("NYSE", "LSE"),
  }),
  fc.constant<Leaf>({ key: "ex", cmp: "in", vals: ["NYSE", "LSE"] }),
  fc.constant<Leaf>({ key: "level", cmp: "gt", val: "1" }),
  fc.constant<Leaf>({ key: "level", cmp: "ex" }),
);
const branches: fc.Arbitrary<Branch> = fc.oneof(
  fc.record({
    op: fc.constantFrom("and", "or"),
    nodes: fc.array(leaves, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ op: fc.constant("not"), nodes: fc.tuple(leaves) }),
);

/** Values for `filter` of a subscription. */
export const filters: fc.Arbitrary<FilterJson | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: leaves },
  { weight: 1, arbitrary: branches },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({ events: fc.subarray([...EVENTS], { minLength: 1 }) }),
      fc.record({ events: fc.constant(["price"]), tags: leaves }),
    ),
  },
);

const TAGS: readonly TagsJson[] = [
  {},
  {},
  { ex: "NYSE" },
  { ex: "LSE", level: "2" },
  { level: "1" },
  { level: "3", note: 'quoted " and \\ and ö'.repeat(20) },
  // A name that clients take for a marker wherever it occurs.
  { __conflation_key: "x", ex: "NYSE" },
  { a: "b", __conflation_key: 'x"y', __delta_seq: "7" },
];

/** Tags of a message. */
export const tags: fc.Arbitrary<TagsJson> = fc.constantFrom(...TAGS);

const KEYS: readonly unknown[] = ["BTC", "ETH", 'a"b', "ö", 7, "", null, "__proto__", [1, "x"]];

// Long enough for deltas to be shorter, and with everything that JSON escapes.
const NOTE = 'the text that stays alike: "quoted", back\\slash, ümläut, 𝄞, tab\t, '.repeat(2);

/** The data of a message for a key. Two messages for the same key differ only in `value`. */
export function quote(key: unknown, value: number): string {
  const symbol = key === null ? {} : { symbol: key };
  return JSON.stringify({ ...symbol, quote: { ...symbol, value }, note: NOTE });
}

const keys: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("BTC", "ETH") },
  { weight: 2, arbitrary: fc.constantFrom(...KEYS) },
);

const data: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(keys, fc.nat(999)).map(([key, value]) => quote(key, value)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "",
      "{}",
      "null",
      "not JSON",
      '{"__delta_seq":1,"__conflation_key":"x"}',
      '{"symbol":"BTC","__delta_seq":1}',
      'a text with ,"__delta_seq":1,"__conflation_key":"x"} in it',
      `"${"\\".repeat(40)}`,
      NOTE,
    ),
  },
  { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
);

/** The content of one publish request, except its channels. */
export interface Message {
  readonly name: string;
  readonly data: string;
  readonly tags: TagsJson;
  /** False asks for whole messages. */
  readonly delta: boolean;
}

/** Messages of an application's API. */
export const messages: fc.Arbitrary<Message> = fc.record({
  name: events,
  data,
  tags,
  delta: fc.oneof(
    { weight: 9, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
});

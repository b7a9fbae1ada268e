// The cost of tag filters: one match, and finding the matching cohorts of a channel with a thousand
// distinct filters, by scanning all of them and with the index. `bun bench/filter.ts`.

import { bench, do_not_optimize, run, summary } from "mitata";
import { Candidates } from "../src/filter/candidates.ts";
import type { Filter } from "../src/filter/filter.ts";
import { matches } from "../src/filter/match.ts";
import { parseFilter } from "../src/filter/parse.ts";
import { readTags, type Tags } from "../src/filter/tags.ts";

const FILTER_COUNT = 1000;

/** Messages to cycle through: with a single one the engine could cache results. A power of two. */
const MESSAGE_COUNT = 64;

function filterOf(json: unknown): Filter {
  // Parsed from JSON, so that the strings are represented as those of a frame.
  const filter = parseFilter(JSON.parse(JSON.stringify(json)));
  if (filter.kind === "error") throw new Error(filter.message);
  return filter;
}

function tagsOf(json: unknown): Tags {
  const read = readTags(JSON.parse(JSON.stringify(json)));
  if (read.kind === "error") throw new Error(read.message);
  return read.tags;
}

function eq(key: string, val: string): unknown {
  return { key, cmp: "eq", val };
}

/** Calls `step` with each message in turn. */
function benchMessages(
  name: string,
  messages: readonly Tags[],
  step: (tags: Tags) => unknown,
): void {
  let turn = 0;
  bench(name, () => {
    const tags = messages[turn++ & (MESSAGE_COUNT - 1)];
    if (tags !== undefined) do_not_optimize(step(tags));
  });
}

/** A scan and an index over the same filters. Both count the cohorts that match. */
function benchFinding(name: string, filters: readonly Filter[], messages: readonly Tags[]): void {
  const index = new Candidates<Filter>();
  for (const filter of filters) index.add(filter, filter);
  summary(() => {
    benchMessages(`${name}, scan of all`, messages, (tags) => {
      let count = 0;
      for (const filter of filters) if (matches(filter, tags)) count++;
      return count;
    });
    benchMessages(`${name}, index`, messages, (tags) => {
      let count = 0;
      index.forEachCandidate(tags, (filter, proven) => {
        if (proven || matches(filter, tags)) count++;
      });
      return count;
    });
  });
}

const shots = Array.from({ length: MESSAGE_COUNT }, (_, at) =>
  tagsOf({
    type: ["goal", "shot", "pass"][at % 3],
    xG: `0.${(at * 37) % 100}`,
    outcome: at % 2 === 0 ? "saved" : "wide",
    team: `team-${at}`,
  }),
);
const goal = filterOf(eq("type", "goal"));
const chance = filterOf({
  op: "or",
  nodes: [
    eq("type", "goal"),
    {
      op: "and",
      nodes: [
        eq("type", "shot"),
        { key: "xG", cmp: "gte", val: 0.8 },
        { key: "outcome", cmp: "neq", val: "saved" },
      ],
    },
  ],
});
benchMessages("match, one eq", shots, (tags) => matches(goal, tags));
benchMessages("match, or of eq and three arms", shots, (tags) => matches(chance, tags));

const symbols = Array.from({ length: FILTER_COUNT }, (_, at) => `SYM${at}`);
const trades = Array.from({ length: MESSAGE_COUNT }, (_, at) =>
  tagsOf({ kind: "trade", symbol: symbols[at * 13] ?? "", price: at }),
);
benchFinding(
  `1 of ${FILTER_COUNT} eq`,
  symbols.map((symbol) => filterOf(eq("symbol", symbol))),
  trades,
);
benchFinding(
  `1 of ${FILTER_COUNT} and(eq shared, eq own, gte)`,
  symbols.map((symbol) =>
    filterOf({
      op: "and",
      nodes: [eq("kind", "trade"), eq("symbol", symbol), { key: "price", cmp: "gte", val: 0 }],
    }),
  ),
  trades,
);
benchFinding(
  `${FILTER_COUNT} that no index helps`,
  symbols.map((_, at) => filterOf({ key: "price", cmp: "gt", val: at })),
  trades,
);

await run();

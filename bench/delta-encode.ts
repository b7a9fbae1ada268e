// Cost and savings of a delta: both encoders and the npm package fossil-delta, message
// by message on the streams of the corpus, and on pairs of 64 KiB texts that are slow to encode.
// `bun bench/delta-encode.ts` prints everything; an argument `sizes`, `streams` or `hostile`, one part.

import { createDelta } from "fossil-delta";
import { bench, do_not_optimize, group, run } from "mitata";
import { FossilEncoder } from "../src/delta/fossil.ts";
import { VcdiffEncoder } from "../src/delta/vcdiff.ts";
import { hostilePairs, streams } from "./corpus.ts";
import { figure, printTable, say } from "./table.ts";

const SEED = 1;
const PARTS = ["sizes", "streams", "hostile"] as const;

type Encode = (base: Uint8Array, next: Uint8Array) => Uint8Array | null;

interface Texts {
  readonly name: string;
  readonly texts: readonly Uint8Array[];
}

const fossil = new FossilEncoder();
const vcdiff = new VcdiffEncoder();

const ENCODERS: readonly { readonly name: string; readonly encode: Encode }[] = [
  { name: "fossil", encode: (base, next) => fossil.encode(base, next) },
  { name: "vcdiff", encode: (base, next) => vcdiff.encode(base, next) },
  { name: "fossil-delta (npm)", encode: (base, next) => createDelta(base, next) },
];

function corpus(): readonly Texts[] {
  const encoder = new TextEncoder();
  return streams(SEED).map(({ name, messages }) => ({
    name,
    texts: messages.map((message) => encoder.encode(message)),
  }));
}

/** Total bytes of the deltas of the stream, each to the message before. */
function deltaSizes({ texts }: Texts, encode: Encode): readonly number[] {
  return texts.slice(1).map((next, index) => {
    const delta = encode(texts[index] ?? next, next);
    return delta === null ? next.length : delta.length;
  });
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

function printSizes(): void {
  const head = [
    "bytes a message",
    "full",
    "fossil-delta",
    "fossil",
    "of it",
    "vcdiff",
    "of it",
    "fossil larger in",
  ];
  const rows = corpus().map((stream) => {
    const [ours = [], windows = [], reference = []] = ENCODERS.map(({ encode }) =>
      deltaSizes(stream, encode),
    );
    const count = reference.length;
    const largerCount = ours.filter((size, index) => size > (reference[index] ?? 0)).length;
    return [
      stream.name,
      figure(sum(stream.texts.slice(1).map((text) => text.length)) / count, 1),
      figure(sum(reference) / count, 1),
      figure(sum(ours) / count, 1),
      `${figure((100 * sum(ours)) / sum(reference), 1)} %`,
      figure(sum(windows) / count, 1),
      `${figure((100 * sum(windows)) / sum(reference), 1)} %`,
      `${largerCount} of ${count}`,
    ];
  });
  printTable([head, ...rows]);
}

/** Encodes one message per iteration, cycling through the stream. */
function benchStream(stream: Texts): void {
  group(stream.name, () => {
    for (const { name, encode } of ENCODERS) {
      let turn = 0;
      bench(`${stream.name}, ${name}`, () => {
        turn = (turn % (stream.texts.length - 1)) + 1;
        const base = stream.texts[turn - 1];
        const next = stream.texts[turn];
        if (base !== undefined && next !== undefined) do_not_optimize(encode(base, next));
      });
    }
  });
}

/** Omits the npm package, which takes up to 20 ms for one of these pairs. */
function benchHostile(): void {
  for (const { name, base, next } of hostilePairs(SEED)) {
    group(name, () => {
      bench(`${name}, fossil`, () => do_not_optimize(fossil.encode(base, next)));
      bench(`${name}, vcdiff`, () => do_not_optimize(vcdiff.encode(base, next)));
    });
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((part) => !PARTS.some((known) => known === part));
if (unknown !== undefined) {
  say(`Cannot run part "${unknown}": it is not known, it must be one of ${PARTS.join(", ")}`);
  process.exit(2);
}
const parts = wanted.length > 0 ? wanted : PARTS;
if (parts.includes("sizes")) printSizes();
if (parts.includes("streams")) for (const stream of corpus()) benchStream(stream);
if (parts.includes("hostile")) benchHostile();
if (parts.includes("streams") || parts.includes("hostile")) await run();

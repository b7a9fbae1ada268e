// A strict reader of Prometheus' text format 0.0.4. It throws at anything that a scraper may
// refuse: a sample without HELP and TYPE before it, a family in two places, a duplicate series.

/** A metric as it is written. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly series: readonly Series[];
}

/** A line with a value. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/;
const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

/** The families of a text, by name. */
export function readFamilies(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("Cannot read text: its last line must end");
  const families = new Map<string, Family & { readonly series: Series[] }>();
  const seen = new Set<string>();
  let help: RegExpMatchArray | null = null;
  let family: (Family & { readonly series: Series[] }) | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "") continue;
    if (line.startsWith("# HELP")) {
      help = demand(line.match(HELP), line);
      family = null;
      continue;
    }
    if (line.startsWith("#")) {
      const [, name = "", type = ""] = demand(line.match(TYPE), line);
      if (help?.[1] !== name) throw new Error(`Cannot read "${line}": no HELP comes before it`);
      if (families.has(name)) throw new Error(`Cannot read "${line}": ${name} was there before`);
      family = { name, help: help[2] ?? "", type, series: [] };
      families.set(name, family);
      continue;
    }
    const [, name = "", labelText = "", value = ""] = demand(line.match(SERIES), line);
    const labels = readLabels(labelText);
    if (family === null || !belongs(name, family))
      throw new Error(`Cannot read "${line}": it does not belong to ${family?.name}`);
    const identity = JSON.stringify([
      name,
      Object.keys(labels)
        .toSorted()
        .map((key) => [key, labels[key]]),
    ]);
    if (seen.has(identity)) throw new Error(`Cannot read "${line}": the series was there before`);
    seen.add(identity);
    family.series.push({ name, labels, value: Number(value) });
  }
  return families;
}

/** The value of the only series that has all the labels. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = [...families.values()].find((candidate) => belongs(name, candidate));
  const found = (family?.series ?? []).filter(
    (series) =>
      series.name === name &&
      Object.entries(labels).every(([key, value]) => series.labels[key] === value),
  );
  const [series] = found;
  if (series === undefined || found.length > 1)
    throw new Error(`Cannot find ${name} ${JSON.stringify(labels)}: it is there ${found.length}×`);
  return series.value;
}

function belongs(name: string, { name: family, type }: Family): boolean {
  if (type !== "histogram") return name === family;
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name);
}

function readLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name = "", value = ""] = demand(LABEL.exec(text), text);
    if (Object.hasOwn(labels, name)) throw new Error(`Cannot read "${text}": ${name} is twice`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === "n" ? "\n" : escaped,
    );
  }
  return labels;
}

function demand<T>(match: T | null, line: string): T {
  if (match === null) throw new Error(`Cannot read "${line}": it is not of the format`);
  return match;
}

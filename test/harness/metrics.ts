// The server's own figures, as Prometheus reads them.
import { until } from "./deadline.ts";
import type { Server } from "./server.ts";

/** Labels that a sample must have, beside others. */
export type Labels = Readonly<Record<string, string>>;

const COMMENT = /^# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* \S.*$/;
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:${LABEL}(?:,${LABEL})*)?\})?) (NaN|[+-]Inf|-?[\d.]+(?:e[+-]?\d+)?)$`,
);

/** One scrape. */
export class Figures {
  /** Names with their labels as they are written, and values. */
  readonly samples: ReadonlyMap<string, number>;

  /** Reads what each node answers, and adds the samples of the same name up. */
  constructor(...texts: readonly string[]) {
    const sums = new Map<string, number>();
    for (const samples of texts.map(readSamples))
      for (const [name, value] of samples) sums.set(name, value + (sums.get(name) ?? 0));
    this.samples = sums;
  }

  /** The sum of the metric's samples with these labels; 0 when there is none, as of a counter that nothing has counted yet. */
  sum(name: string, labels: Labels = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    let sum = 0;
    for (const [sample, value] of this.samples) {
      const [found, inside = ""] = sample.split("{");
      if (found === name && wanted.every((label) => inside.includes(label))) sum += value;
    }
    return sum;
  }
}

/** Reads Prometheus' text format line by line. @throws for a line that is not of it, or a sample that comes twice. */
function readSamples(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || COMMENT.test(line)) continue;
    const [, name, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || samples.has(name))
      throw new Error(`Cannot read line "${line}": it must be a sample that was not there before`);
    samples.set(name, Number(value));
  }
  return samples;
}

/** Where a server has its metrics; of nodes, the first. */
export function metricsUrl({ host, metricsPort }: Pick<Server, "host" | "metricsPort">): string {
  return `http://${host}:${metricsPort}/metrics`;
}

/** Asks all nodes for their figures. @throws when an answer is not what Prometheus takes. */
export async function scrape(server: Server, init: RequestInit = {}): Promise<Figures> {
  const { host, metricsPorts } = server;
  const texts = metricsPorts.map((metricsPort) => ask(metricsUrl({ host, metricsPort }), init));
  return new Figures(...(await Promise.all(texts)));
}

async function ask(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const type = response.headers.get("Content-Type") ?? "";
  if (response.status !== 200 || !type.startsWith("text/plain; version=0.0.4"))
    throw new Error(`Cannot read metrics: the answer is ${response.status}, of type "${type}"`);
  return response.text();
}

/** Waits until the figures are as they should be. @throws when that does not happen in time, naming `what`. */
export async function untilFigures(
  server: Server,
  hold: (figures: Figures) => boolean,
  what: string,
): Promise<Figures> {
  const found = await until(async () => {
    const figures = await scrape(server);
    return hold(figures) ? figures : null;
  }, what);
  if (found === null) throw new Error("until() returns truthy values only");
  return found;
}

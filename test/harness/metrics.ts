// The server's own figures, as Prometheus reads them.
import { until } from "./deadline.ts";
import type { Server } from "./server.ts";

/** Labels that a sample must have, beside others. */
export type Labels = Readonly<Record<string, string>>;

/** One scrape. */
export class Figures {
  readonly #samples: readonly string[];

  constructor(text: string) {
    this.#samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  }

  /** The sum of the metric's samples with these labels; 0 when there is none, as of a counter that nothing has counted yet. */
  sum(name: string, labels: Labels = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    let sum = 0;
    for (const sample of this.#samples) {
      const [, found, inside = "", value] =
        /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(sample) ?? ([] as undefined[]);
      if (found === name && wanted.every((label) => inside.includes(label))) sum += Number(value);
    }
    return sum;
  }
}

/** Where a server has its metrics. */
export function metricsUrl({ host, metricsPort }: Server): string {
  return `http://${host}:${metricsPort}/metrics`;
}

/** Asks for the figures. */
export async function scrape(server: Server): Promise<Figures> {
  const response = await fetch(metricsUrl(server));
  if (response.status !== 200)
    throw new Error(`Cannot read metrics: the answer is ${response.status}`);
  return new Figures(await response.text());
}

/** Waits until the figures are as they should be. @throws when that does not happen in time, naming `what`. */
export async function untilFigures(
  victim: Server,
  hold: (figures: Figures) => boolean,
  what: string,
): Promise<Figures> {
  const found = await until(async () => {
    const figures = await scrape(victim);
    return hold(figures) ? figures : null;
  }, what);
  if (found === null) throw new Error("until() returns truthy values only");
  return found;
}

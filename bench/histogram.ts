// Statistics of repeated measurements: medians of a few values, quantiles of histograms.
// Histograms are merged before a quantile is taken; quantiles are never averaged.

/** Pairs of a value in microseconds and its count, in ascending order. */
export type Histogram = readonly (readonly [us: number, count: number])[];

/** Merges the histograms, in ascending order. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const counts = new Map<number, number>();
  for (const [us, count] of histograms.flat()) counts.set(us, (counts.get(us) ?? 0) + count);
  return [...counts].toSorted(([a], [b]) => a - b);
}

/** The value below which the share `portion` (0 to 1) of all counted values lies, or NaN if there are none. */
export function quantile(histogram: Histogram, portion: number): number {
  const total = histogram.reduce((sum, [, count]) => sum + count, 0);
  let passed = 0;
  for (const [us, count] of histogram) {
    passed += count;
    if (passed >= portion * total) return us;
  }
  return NaN;
}

/** The middle value, or the mean of the two middle values; NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
  return (upper + lower) / 2;
}

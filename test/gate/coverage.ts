// Reads line coverage by folder from an lcov file.

/** Folders whose code decides what clients see, and the share of their lines that tests must cover. */
const REQUIRED: Readonly<Record<string, number>> = {
  "src/protocol/": 0.95,
  "src/hub/": 0.95,
  "src/filter/": 0.95,
  "src/delta/": 0.95,
};

/** One line for each folder whose coverage is below the required share. */
export async function coverageShortfalls(path: string): Promise<readonly string[]> {
  const lcov = await Bun.file(path).text();
  const shortfalls: string[] = [];
  for (const [folder, share] of Object.entries(REQUIRED)) {
    let found = 0;
    let hit = 0;
    for (const record of lcov.split("end_of_record")) {
      if (!record.match(/^SF:(.*)$/m)?.[1]?.includes(folder)) continue;
      found += Number(record.match(/^LF:(\d+)$/m)?.[1] ?? 0);
      hit += Number(record.match(/^LH:(\d+)$/m)?.[1] ?? 0);
    }
    if (found === 0 || hit / found < share)
      shortfalls.push(
        `${folder}: ${hit} of ${found} lines are covered, at least ${share * 100} % must be`,
      );
  }
  return shortfalls;
}

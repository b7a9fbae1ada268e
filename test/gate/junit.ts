// Counts the tests of a JUnit report.

/** The number of test cases by result. */
export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the cases of the report. All counts are 0 if there is no report. */
export async function countTests(path: string): Promise<TestCount> {
  const file = Bun.file(path);
  if (!(await file.exists())) return { passed: 0, failed: 0, skipped: 0 };
  const root = (await file.text()).match(/<testsuites [^>]*>/)?.[0] ?? "";
  const attribute = (name: string): number =>
    Number(root.match(new RegExp(` ${name}="(\\d+)"`))?.[1] ?? 0);
  const failed = attribute("failures") + attribute("errors");
  const skipped = attribute("skipped");
  return { passed: attribute("tests") - failed - skipped, failed, skipped };
}

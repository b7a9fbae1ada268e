// The gate: `./build.sh test` runs every check of the repository. It goes on when a check fails, and
// its last line is the total as `N passed, N failed`.
import { coverageShortfalls } from "./gate/coverage.ts";
import { countTests } from "./gate/junit.ts";
import { installBrokers, installChromium, installDeployPrograms } from "./gate/packages.ts";

const ROOT = `${import.meta.dir}/..`;
const REPORTS = `${ROOT}/coverage`;
const fast = process.argv.includes("--fast");
const nightly = process.argv.includes("--nightly");
/** The forms in which servers run, and the name of the end-to-end suite in each. */
const FORMS = { e2e: "alone", "e2e-workers": "workers", "e2e-nodes": "nodes" } as const;
/** Variables beside those of the gate itself. */
type Environment = Readonly<Record<string, string>>;
const sum = { passed: 0, failed: 0 };

await check("format", ["bun", "fmt", "--check"]);
await check("types", ["bun", "check"]);
await check("lint", ["bun", "x", "oxlint", "--type-aware"]);
await suite(
  "unit",
  ["test/architecture.test.ts", "test/unit", "test/property"],
  ["--randomize", "--coverage", "--coverage-reporter=lcov", `--coverage-dir=${REPORTS}`],
);
await coverage();
if (!fast) {
  await check("build", ["./build.sh"]);
  await installBrokers();
  await installChromium();
  await installDeployPrograms(ROOT);
  await endToEnd("e2e");
  await endToEnd("e2e-workers");
  for (const name of ["ops", "demo", "fault"]) await suite(name, [`test/${name}`], []);
  // Clusters mostly wait for time to pass.
  await Promise.all([
    suite("cluster", ["test/cluster"], [], nightly ? { FANWIRE_NIGHTLY: "1" } : {}),
    inTurn(["contract", "client", "deploy"]).then(() => endToEnd("e2e-nodes")),
  ]);
  const reports = ["unit", "e2e", "ops", "fault"].map((name) => `${REPORTS}/${name}.xml`);
  await check("compatibility", ["bun", "test/compatibility/generate.ts", "--check", ...reports]);
}
process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed\n`);
process.exit(sum.failed === 0 ? 0 : 1);

/** Runs the end-to-end suite in one form. */
async function endToEnd(name: keyof typeof FORMS): Promise<void> {
  await suite(name, ["test/e2e"], [], { FANWIRE_TEST_FORM: FORMS[name] });
}

/** Runs suites one after the other. */
async function inTurn(names: readonly string[]): Promise<void> {
  for (const name of names) await suite(name, [`test/${name}`], []);
}

/** Runs a command and counts it as one check. */
async function check(name: string, command: readonly string[]): Promise<void> {
  const startMs = performance.now();
  const code = await run(command);
  count(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1, startMs);
}

/** Runs test files and counts their tests. A skipped test counts as failed: it proves nothing. */
async function suite(
  name: string,
  paths: readonly string[],
  options: readonly string[],
  env: Environment = {},
): Promise<void> {
  const startMs = performance.now();
  const report = `${REPORTS}/${name}.xml`;
  await Bun.file(report).delete().catch(ignoreMissing);
  const command = [
    "bun",
    "test",
    "--timeout=60000",
    ...paths.map((path) => `./${path}`),
    ...options,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
  ];
  const code = await run(command, env);
  const { passed, failed, skipped } = await countTests(report);
  const bad = failed + skipped;
  // A run that fails without a failed test (a crash, no tests at all) counts as one failure.
  count(name, passed, bad === 0 && (code !== 0 || passed === 0) ? 1 : bad, startMs);
}

/** Checks the line coverage of the folders that have a required share. */
async function coverage(): Promise<void> {
  const startMs = performance.now();
  const shortfalls = await coverageShortfalls(`${REPORTS}/lcov.info`);
  for (const shortfall of shortfalls) process.stdout.write(`${shortfall}\n`);
  count("coverage", shortfalls.length === 0 ? 1 : 0, shortfalls.length === 0 ? 0 : 1, startMs);
}

async function run(command: readonly string[], env: Environment = {}): Promise<number> {
  process.stdout.write(`\n> ${command.join(" ")}\n`);
  const [program = "", ...args] = command;
  const child = Bun.spawn([program === "bun" ? process.execPath : program, ...args], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    // Colour codes would make the logs unreadable.
    env: { ...process.env, NO_COLOR: "1", FANWIRE_TEST_EXECUTABLE: `${ROOT}/dist/fanwire`, ...env },
  });
  return child.exited;
}

function count(name: string, passed: number, failed: number, startMs: number): void {
  sum.passed += passed;
  sum.failed += failed;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(
    `${failed === 0 ? "ok  " : "FAIL"} ${name}: ${passed} passed, ${failed} failed (${seconds} s)\n`,
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}

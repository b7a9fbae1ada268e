// Writes docs/compatibility.md from the rules and the JUnit reports of a run of the tests:
//
//   bun test/compatibility/generate.ts [--check] REPORT.xml...
//
// With --check it writes nothing and compares the page in the repository instead. It exits with 1 and
// prints why when a rule has no test, a rule's test has not passed, or the page differs.
import { readCases, type TestCase } from "./cases.ts";
import { writeDocument } from "./document.ts";
import { SUBJECTS } from "./rules.ts";
import { judge } from "./verdicts.ts";

const PAGE = "docs/compatibility.md";
const file = Bun.file(`${import.meta.dir}/../../${PAGE}`);

process.exit(await run(process.argv.slice(2)));

async function run(args: readonly string[]): Promise<number> {
  const reports = args.filter((argument) => argument !== "--check");
  if (reports.length === 0) return complain(["Cannot judge the rules: no JUnit report is given"]);
  const cases = (await Promise.all(reports.map(readReport))).flat();
  const chapters = SUBJECTS.map((subject) => ({
    subject,
    verdicts: subject.rules.map((rule) => judge(rule, cases)),
  }));
  const complaints = chapters.flatMap(({ verdicts }) =>
    verdicts.flatMap((verdict) => verdict.complaints),
  );
  const page = writeDocument(chapters);
  if (!args.includes("--check")) await file.write(page);
  else if (page !== ((await file.exists()) ? await file.text() : ""))
    complaints.push(
      `Cannot confirm "${PAGE}": it differs from this run, write it with bun test/compatibility/generate.ts ${reports.join(" ")}`,
    );
  return complaints.length === 0 ? 0 : complain(complaints);
}

async function readReport(path: string): Promise<readonly TestCase[]> {
  const cases = readCases(await Bun.file(path).text());
  if (cases.length === 0)
    throw new Error(`Cannot read report "${path}": it has no test case, it must be a JUnit report`);
  return cases;
}

function complain(complaints: readonly string[]): number {
  process.stderr.write(`${complaints.join("\n")}\n`);
  return 1;
}

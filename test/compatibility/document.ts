// Writes the page that lists the rules of the protocol with the tests that prove them. The same
// verdicts give the same text, so that the page in the repository can be compared with a run.
import type { Subject } from "./rules.ts";
import type { Verdict } from "./verdicts.ts";

/** A subject and the verdicts on its rules, in the same order. */
export interface Chapter {
  readonly subject: Subject;
  readonly verdicts: readonly Verdict[];
}

const HEAD = `# Compatibility

<!-- Written by \`bun test/compatibility/generate.ts\`. To change it, change test/compatibility/rules.ts. -->

The behaviour that Pusher's clients and server libraries, and some of Sockudo's, rely on, and the tests that prove each rule. Most
tests run pusher-js, Laravel Echo and the \`pusher\` library against the compiled executable. The gate compares this page with
its own run and fails when a rule has no test or a test fails. In test names \`*\` stands for any text.

The HTTP fallback transports (XHR streaming and polling, SockJS) are not supported:
clients need \`enabledTransports: ["ws", "wss"]\`.
`;

/** The page. */
export function writeDocument(chapters: readonly Chapter[]): string {
  const verdicts = chapters.flatMap((chapter) => chapter.verdicts);
  const passedCount = verdicts.filter(({ passed }) => passed).length;
  const sum = `${passedCount} of ${verdicts.length} rules pass.\n`;
  return [HEAD, sum, ...chapters.map(writeChapter)].join("\n");
}

function writeChapter({ subject, verdicts }: Chapter): string {
  const table = writeTable(["Rule", "Behaviour", "", "Tests"], verdicts.map(cellsOf));
  return `## ${subject.number} ${subject.title}\n\n${table}\n`;
}

function cellsOf({ rule, passed }: Verdict): readonly string[] {
  const tests = rule.tests.map(writeTest).join("<br>");
  return [rule.id, cell(rule.text), passed ? "pass" : "**FAIL**", tests];
}

/** A table with columns of one width each, as the formatter writes it. */
function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill: string): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width, fill)).join(" | ")} |`;
  return [line(head, " "), line([], "-"), ...rows.map((row) => line(row, " "))].join("\n");
}

/** A link to the test's file, followed by the test's name. */
function writeTest(test: string): string {
  const [file = "", ...names] = test.split(" > ");
  const title = file.replace(/\.test\.ts$/, "");
  return `[${title}](../test/${file}): ${cell(escape(names.join(": ")))}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Escapes Markdown: test names are plain text. */
function escape(text: string): string {
  return text.replace(/[\\`*_<>#[\]]/g, "\\$&");
}

// The page that tells which rules of the protocol hold, and by which tests. The same verdicts give
// the same text, so that a page in the repository can be compared with a run.
import type { Subject } from "./rules.ts";
import type { Verdict } from "./verdicts.ts";

/** A subject with the verdicts on its rules, in their order. */
export interface Chapter {
  readonly subject: Subject;
  readonly verdicts: readonly Verdict[];
}

const HEAD = `# Compatibility

<!-- Written by \`bun test/compatibility/generate.ts\`. To change it, change test/compatibility/rules.ts. -->

What clients and server libraries of Pusher rely on, and some of Sockudo, rule by rule, and the tests that show it: most of them with
pusher-js, Laravel Echo and the \`pusher\` library against the compiled executable. The gate compares this page with
its own run and fails when a rule has no test or a test fails. In the name of a test \`*\` stands for any text.

Left out are the fallback transports over HTTP (XHR streaming and polling, SockJS), which Fanwire does not speak:
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
  const table = writeTable(["Rule", "What holds", "", "Shown by"], verdicts.map(cellsOf));
  return `## ${subject.number} ${subject.title}\n\n${table}\n`;
}

function cellsOf({ rule, passed }: Verdict): readonly string[] {
  const shownBy = rule.tests.map(writeTest).join("<br>");
  return [rule.id, cell(rule.text), passed ? "pass" : "**FAIL**", shownBy];
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

/** A test's name behind its file, which is a link. */
function writeTest(test: string): string {
  const [file = "", ...names] = test.split(" > ");
  const title = file.replace(/\.test\.ts$/, "");
  return `[${title}](../test/${file}): ${cell(escape(names.join(": ")))}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Names of tests are no Markdown. */
function escape(text: string): string {
  return text.replace(/[\\`*_<>#[\]]/g, "\\$&");
}

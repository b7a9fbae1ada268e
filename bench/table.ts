// The output of a bench: aligned tables on stdout, and the same figures as JSON in a file. Only the
// tables are rounded; the file gets the figures as measured.

import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";

/** Rows of cells; the first row is the header. Numbers are aligned to the right, text to the left. */
export type Table = readonly (readonly string[])[];

/** Writes one line to stdout. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes the table to stdout, columns aligned. */
export function printTable(table: Table): void {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? "").length)),
  );
  for (const row of table) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    say(`  ${cells.join("  ").trimEnd()}`);
  }
}

/** A number with `digits` decimals and thousands separators, or "-" if there is none. */
export function figure(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "-";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Microseconds as milliseconds. */
export function milliseconds(us: number): string {
  return figure(us / 1000, us < 10_000 ? 2 : 1);
}

/** The lowest and the highest value, as "1.23-1.45". */
export function range(values: readonly number[], digits: number): string {
  return `${figure(Math.min(...values), digits)}-${figure(Math.max(...values), digits)}`;
}

/** The note on a rate that is a lower bound, because the server's core was not saturated. */
export function notFull(loadCorePercent: number): string {
  if (loadCorePercent < 80)
    return "neither core was full, the machine was busy with something else; the rate is a lower bound";
  return "its core was not full but the load's was; the rate is a lower bound";
}

/** The machine and versions of a measurement, without which its figures cannot be interpreted. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly coreCount: number;
  readonly kernel: string;
  readonly bun: string;
  /** The short hash of the checked out commit, or "" outside a repository. */
  readonly commit: string;
}

/** Describes this machine and the current checkout. */
export function describeMachine(): Machine {
  const git = Bun.which("git");
  const commit =
    git === null
      ? ""
      : Bun.spawnSync([git, "rev-parse", "--short", "HEAD"], {
          cwd: import.meta.dir,
          stderr: "ignore",
        })
          .stdout.toString()
          .trim();
  return {
    date: new Date().toISOString(),
    processor: processorName(),
    coreCount: cpus().length,
    kernel: release(),
    bun: Bun.version,
    commit: /^[0-9a-f]+$/.test(commit) ? commit : "",
  };
}

// os.cpus() returns "unknown" on some virtual machines on which the kernel has a name.
function processorName(): string {
  return /^model name\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown";
}

/** Writes the figures to `path` as indented JSON, with the machine they were measured on. Does nothing without a path. */
export async function writeJson(path: string | undefined, figures: object): Promise<void> {
  if (path === undefined) return;
  await Bun.write(
    path,
    `${JSON.stringify({ machine: describeMachine(), ...figures }, undefined, 2)}\n`,
  );
  say(`  figures: ${path}`);
}

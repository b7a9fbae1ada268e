// The programs that the files of deploy/ are for, and those files.
import { readFileSync } from "node:fs";
import { makeDirectory, Program, ROOT, type Outcome } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";

/** Where the gate installs the programs of requirements.txt. */
export const TOOLS: string = `${ROOT}/.toolchain/deploy`;

/** The path of a program. @throws when it is not installed. */
export function tool(name: string): string {
  const PATH = `${TOOLS}/bin:${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
  const path = Bun.which(name, { PATH });
  if (path === null)
    throw new Error(`Cannot run ${name}: it is not installed, "./build.sh test" does that`);
  return path;
}

/** Runs a program to its end, in an empty directory. */
export function runTool(
  scope: Scope,
  [name = "", ...args]: readonly string[],
  surroundings: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<Outcome> {
  const directory = makeDirectory(scope);
  return new Program(scope, [tool(name), ...args], { directory, ...surroundings }).outcome();
}

/** The path of a file of deploy/. */
export function deployPath(name: string): string {
  return `${ROOT}/deploy/${name}`;
}

/** The text of a file of deploy/ with other addresses. @throws when a text that is to be replaced is not there. */
export function deployText(
  name: string,
  replacements: Readonly<Record<string, string>> = {},
): string {
  let text = readFileSync(deployPath(name), "utf8");
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from))
      throw new Error(`Cannot replace "${from}" in deploy/${name}: it is not there`);
    text = text.replaceAll(from, to);
  }
  return text;
}

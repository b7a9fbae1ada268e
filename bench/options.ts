// The command line that all benches share: numbers with defaults, what to measure, where to write.
// An error ends the program with a message before anything is started.

import { parseArgs } from "node:util";

/** Options whose numbers are not counts. */
const FRACTIONAL: ReadonlySet<string> = new Set(["rate", "seconds", "limit"]);

/** The parsed command line. */
export interface Options {
  /** The numbers of the bench's own options, by name. An option may have several, separated by commas. */
  readonly numbers: Readonly<Record<string, readonly number[]>>;
  /** Command of the server under test; if empty, the compiled executable. "{port}" in it is replaced. */
  readonly server: readonly string[];
  /** Port of a running server. */
  readonly port?: number;
  /** Process ids of that server. */
  readonly pids: readonly number[];
  /** An executable of another release, measured in alternate rounds. */
  readonly baseline?: string;
  /** Whether the bare Bun server is measured too. */
  readonly bare: boolean;
  /** Whether server and load are pinned to a core each. */
  readonly pin: boolean;
  /** File that gets the figures as JSON. */
  readonly json?: string;
}

/** A numeric option of a bench: its default, as text, and a one-line description. */
export type NumberOptions = Readonly<Record<string, readonly [value: string, about: string]>>;

/** Reads the command line. With `--help` it prints the help and ends the program.
 *
 * @throws if an option is unknown or a number is not above 0. */
export function readOptions(about: string, numberOptions: NumberOptions): Options {
  const words = process.argv.slice(2);
  const split = words.indexOf("--server");
  const server = split < 0 ? [] : words.slice(split + 1);
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args: split < 0 ? words : words.slice(0, split),
    options: {
      ...Object.fromEntries(Object.keys(numberOptions).map((name) => [name, text])),
      port: text,
      pid: text,
      json: text,
      baseline: text,
      "no-bare": flag,
      "no-pin": flag,
      help: flag,
    },
  });
  if (values["help"] === true) {
    process.stdout.write(help(about, numberOptions));
    process.exit(0);
  }
  const given = new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const port = given.get("port");
  const pid = given.get("pid");
  const json = given.get("json");
  const baseline = given.get("baseline");
  if ((port === undefined) !== (pid === undefined))
    throw new Error(
      `Cannot measure a running server: it is given by one of "--port" and "--pid", it must be by both`,
    );
  return {
    numbers: Object.fromEntries(
      Object.entries(numberOptions).map(([name, [value]]) => [
        name,
        readNumbers(name, given.get(name) ?? value),
      ]),
    ),
    server,
    ...(port === undefined ? {} : { port: readNumber("port", port) }),
    pids: pid === undefined ? [] : readNumbers("pid", pid),
    ...(baseline === undefined ? {} : { baseline }),
    bare: !given.has("no-bare"),
    pin: !given.has("no-pin"),
    ...(json === undefined ? {} : { json }),
  };
}

/** The first value of a numeric option that has a default. */
export function oneNumber(options: Options, name: string): number {
  const value = options.numbers[name]?.[0];
  if (value === undefined) throw new Error(`Cannot read option "--${name}": it is not declared`);
  return value;
}

/** Runs a bench and ends the program. After an error it prints the message without the stack, and the exit code is 1. */
export async function runToEnd(bench: () => Promise<void>): Promise<never> {
  try {
    await bench();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

function readNumbers(name: string, list: string): readonly number[] {
  return list === "" ? [] : list.split(",").map((part) => readNumber(name, part));
}

function readNumber(name: string, part: string): number {
  const value = Number(part);
  const whole = !FRACTIONAL.has(name);
  if (part.trim() !== "" && value > 0 && (whole ? Number.isInteger(value) : value < Infinity))
    return value;
  throw new Error(
    `Cannot read option "--${name}": it is "${part}", it must be a ${whole ? "whole " : ""}number above 0`,
  );
}

function help(about: string, numberOptions: NumberOptions): string {
  const rows = [
    ...Object.entries(numberOptions).map(([name, [value, line]]) => [
      `--${name} ${value || "N"}`,
      line,
    ]),
    ["--json FILE", "write the figures as JSON"],
    ["--baseline FILE", "measure this executable of another release too, in alternate rounds"],
    ["--no-bare", "do not measure the bare Bun server for reference"],
    ["--no-pin", "do not pin server and load to a core each"],
    ["--port N --pid N[,N]", "measure a server that runs already"],
    ["--server CMD...", "measure this server; takes the rest of the line, {port} is replaced"],
  ];
  return `${about}\n${rows.map(([name = "", line = ""]) => `  ${name.padEnd(28)}${line}\n`).join("")}`;
}

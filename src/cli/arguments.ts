// Parses the arguments of a command: options in any order, and positional arguments. An error is one sentence.
import { nearest } from "../config/spelling.ts";

/** How an option is given: with a value, once or any number of times, or without a value. */
export type OptionForm = "once" | "many" | "switch";

/** The options of a command, by their name without the dashes. */
export type OptionForms = Readonly<Record<string, OptionForm>>;

/** The values of the options. Options that were not given are absent. */
export type Flags<Forms extends OptionForms> = {
  readonly [Name in keyof Forms]?: Forms[Name] extends "switch"
    ? true
    : Forms[Name] extends "many"
      ? readonly string[]
      : string;
};

/** The options and the positional arguments, or what is wrong. */
export type ReadArguments<Forms extends OptionForms> =
  | {
      readonly kind: "arguments";
      readonly flags: Flags<Forms>;
      readonly positions: readonly string[];
    }
  | { readonly kind: "error"; readonly message: string };

/** Reads `--name value`, `--name=value` and `--switch`. `--` ends the options, so that positional arguments may begin with dashes. */
export function readArguments<const Forms extends OptionForms>(
  args: readonly string[],
  forms: Forms,
): ReadArguments<Forms> {
  const given = new Map<string, string | string[] | true>();
  const positions: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") {
      positions.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("--")) {
      positions.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form === undefined) return error(unknownOption(name, Object.keys(forms)));
    const earlier = given.get(name);
    if (earlier !== undefined && !Array.isArray(earlier))
      return error(`Cannot read option "--${name}": it is given twice`);
    if (form === "switch") {
      if (equals >= 0) return error(`Cannot read option "--${name}": it takes no value`);
      given.set(name, true);
      continue;
    }
    const value = equals < 0 ? args[++index] : arg.slice(equals + 1);
    if (value === undefined) return error(`Cannot read option "--${name}": it needs a value`);
    given.set(name, form === "many" ? [...(earlier ?? []), value] : value);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the form of each option decides the type of its value
  return { kind: "arguments", flags: Object.fromEntries(given) as Flags<Forms>, positions };
}

/** Whether the arguments ask for help. After `--` there are no options. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

function unknownOption(name: string, known: readonly string[]): string {
  const allowed = known.map((each) => `--${each}`).join(", ");
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `, did you mean --${near}`;
  return `Cannot read option "--${name}": it must be one of ${allowed}${hint}`;
}

function error(message: string): { readonly kind: "error"; readonly message: string } {
  return { kind: "error", message };
}

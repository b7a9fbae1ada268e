// Reading a command's arguments: flags with a value each, in any order, and positions. What is
// wrong is said in one sentence.

/** Flags by name and the rest in order, or what is wrong. */
export type ReadArguments<Flag extends string> =
  | {
      readonly kind: "arguments";
      readonly flags: Readonly<Partial<Record<Flag, string>>>;
      readonly positions: readonly string[];
    }
  | { readonly kind: "mistake"; readonly message: string };

/** Reads `--name value` and `--name=value`. `--` ends the flags, so that a position may begin with a dash. */
export function readArguments<Flag extends string>(
  args: readonly string[],
  known: readonly Flag[],
): ReadArguments<Flag> {
  const flags: Partial<Record<Flag, string>> = {};
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
    const given = arg.slice(2, equals < 0 ? undefined : equals);
    const name = known.find((flag) => flag === given);
    if (name === undefined) {
      const allowed = known.map((flag) => `--${flag}`).join(", ");
      return mistake(`Cannot read option "--${given}": it must be one of ${allowed}`);
    }
    const value = equals < 0 ? args[++index] : arg.slice(equals + 1);
    if (value === undefined) return mistake(`Cannot read option "--${name}": it needs a value`);
    flags[name] = value;
  }
  return { kind: "arguments", flags, positions };
}

function mistake(message: string): { readonly kind: "mistake"; readonly message: string } {
  return { kind: "mistake", message };
}

// From the text of a configuration file to its object: TOML or JSON. Says on which line the text is broken,
// and never quotes the text itself, which may hold secrets. What the keys mean is not known here.

import { parse, TomlError } from "smol-toml";
import { jsonFault } from "./json-syntax.ts";
import { isGroup, refuse, typeName, type SourcePosition, type Report } from "./source-position.ts";

/** A configuration file as it was found. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The object in a file, or undefined after a mistake was reported. The format is that of the extension `.toml`
 * or `.json`; of any other file, JSON when it begins with `{` or `[`. A byte order mark is skipped.
 */
export function parseFile(
  file: ConfigFile,
  report: Report,
): Readonly<Record<string, unknown>> | undefined {
  const text = file.text.replace(/^\uFEFF/, "");
  const position: SourcePosition = { source: file.path, key: "", report };
  const object = isToml(file.path, text) ? parseToml(text, position) : parseJson(text, position);
  if (object === undefined || isGroup(object)) return object;
  return refuse(position, { value: typeName(object), problem: "it must be an object" });
}

function isToml(path: string, text: string): boolean {
  if (/\.toml$/i.test(path)) return true;
  return !/\.json$/i.test(path) && !/^\s*[{[]/.test(text);
}

function parseJson(text: string, position: SourcePosition): unknown {
  const fault = jsonFault(text);
  if (fault === undefined) return JSON.parse(text);
  const before = text.slice(0, fault.offset).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const source = `${position.source}:${before.length}:${column}`;
  return refuse({ ...position, source }, { problem: `it is not JSON, ${fault.problem}` });
}

function parseToml(text: string, position: SourcePosition): unknown {
  try {
    return Bun.TOML.parse(text);
  } catch (error) {
    const source = `${position.source}${tomlErrorPosition(text)}`;
    return refuse({ ...position, source }, { problem: `it is not TOML, ${reason(error)}` });
  }
}

/**
 * The position of the first error as `:LINE:COLUMN`, which Bun's parser does not tell. Empty where smol-toml finds no
 * error: it takes a day that its month does not have. Its message is not used: it quotes the file.
 */
function tomlErrorPosition(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof TomlError) return `:${error.line}:${error.column}`;
  }
  return "";
}

/** The parser's message without its prefix, and without the text it quotes after a colon. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const words = message.replace(/^TOML Parse error: /, "").replace(/: "[^]*$/, "");
  return words.charAt(0).toLowerCase() + words.slice(1);
}

// Parses the text of a configuration file, TOML or JSON, into an object. A syntax error is reported with its position
// and without quoting the text, which may contain secrets.

import { parse, TomlError } from "smol-toml";
import { jsonFault } from "./json-syntax.ts";
import { isGroup, refuse, typeName, type SourcePosition, type Report } from "./source-position.ts";

/** A configuration file before it is parsed. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The object in a file, or undefined after an error was reported. The extension `.toml` or `.json` decides the format.
 * Any other file is JSON if it begins with `{` or `[`, else TOML. A byte order mark is skipped.
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
 * The position of the first error as `:LINE:COLUMN`, which Bun's parser does not give. Empty if smol-toml finds no error:
 * it accepts dates such as February 30. Its message is not used, because it quotes the file.
 */
function tomlErrorPosition(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof TomlError) return `:${error.line}:${error.column}`;
  }
  return "";
}

/** The parser's message without its prefix and without the text of the file, which it quotes after a colon. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const words = message.replace(/^TOML Parse error: /, "").replace(/: "[^]*$/, "");
  return words.charAt(0).toLowerCase() + words.slice(1);
}

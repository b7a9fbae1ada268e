// The reference of the configuration in Markdown, made of the tables: docs/configuration.md is exactly this.
// Written without tables and line breaks of its own, in the form that the formatter leaves as it is.

import { APP_INERT, APP_OPTIONS } from "./app-options.ts";
import { APP_VARIABLE } from "./apps.ts";
import { CONFIG_VARIABLE, DEFAULT_PATHS } from "./load.ts";
import { INERT, OPTIONS } from "./options.ts";
import { nameOf, rows, type Inert, type Option, type Spelling } from "./table.ts";

/** The whole page, with a final newline. */
export function documentConfig(): string {
  const options = rows(OPTIONS).map(([, option]) => section(option));
  const appOptions = rows(APP_OPTIONS).map(([, option]) => section(option));
  return `${[INTRODUCTION, "## Options", ...options, APP_INTRODUCTION, ...appOptions, INERT_INTRODUCTION, inertKeys([...APP_INERT, ...INERT])].join("\n\n")}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Printed by \`fanwire config docs\`. To change it, change the tables in src/config. -->

Fanwire reads one file, in TOML or JSON, then the environment, then the command line. What comes later is stronger. The file is the one that \`--config\` names, or else the variable \`${CONFIG_VARIABLE}\`, or else ${DEFAULT_PATHS.map(code).join(" or ")} in the working directory.

\`\`\`toml
port = 6001

[[apps]]
id = "1"
key = "my-app"
secret = "replace-this-with-random-text"
enable_client_messages = true
\`\`\`

- Every key may be written in \`snake_case\` or in \`camelCase\`. A name with dots, such as \`adapter.driver\`, is the key \`driver\` in the group \`adapter\`.
- A key that is not known is a mistake, and so is a key given twice. All mistakes are reported at once, and the server does not start with any.
- In JSON, \`null\` means that an option is not given.
- A variable that is empty counts as not set. Of several variables for one option the first in its list counts.
- In Kubernetes a Service of the name \`fanwire\` sets \`FANWIRE_PORT\` to an address in every pod of its namespace: set \`enableServiceLinks: false\`.
- \`fanwire config check\` reports every mistake, and \`fanwire config print\` shows what holds in the end, without secrets.`;

const APP_INTRODUCTION = `## An app

The keys of one element of \`apps\`. An app may also come from the environment: \`${APP_VARIABLE}=ID:KEY:SECRET\`, or the variables below. It is added to the apps of the file, or replaces the one with the same id. On the command line \`--app ID:KEY:SECRET\` does the same.`;

const INERT_INTRODUCTION = `## Keys without effect

These are keys of other servers, the first of them those of an app. They are accepted; where one asks for something, the server says at its start that it does not do it.`;

function section(option: Option<unknown>): string {
  const facts = [
    `Allowed: ${option.kind.allowed}`,
    ...(option.default === undefined ? [] : [`Default: ${written(option)}`]),
    ...namesOf("Command line", option.commandLine === undefined ? [] : [option.commandLine]),
    ...namesOf("Environment", option.env),
    ...namesOf("Also", option.aliases ?? []),
  ];
  return [`### \`${option.path}\``, option.doc, facts.map((fact) => `- ${fact}`).join("\n")].join(
    "\n\n",
  );
}

function written(option: Option<unknown>): string {
  return code(JSON.stringify(option.kind.write(option.default)));
}

function namesOf(title: string, spellings: readonly Spelling<unknown>[]): readonly string[] {
  if (spellings.length === 0) return [];
  return [`${title}: ${spellings.map(spelled).join(", ")}`];
}

function spelled(spelling: Spelling<unknown>): string {
  const name = code(nameOf(spelling));
  return typeof spelling === "string" ? name : `${name} (${spelling.kind.allowed})`;
}

function inertKeys(inert: readonly Inert[]): string {
  return inert.map(({ path, lacks }) => `- ${code(path)}: this version ${lacks}`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

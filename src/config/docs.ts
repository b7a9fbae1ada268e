// Generates docs/configuration.md from the tables of options. It uses no Markdown tables and breaks no lines, so that
// `bun fmt` leaves the page as it is.

import { APP_KEYS, APP_OPTIONS } from "./app-options.ts";
import { APP_VARIABLE } from "./apps.ts";
import { CHANNEL_DELTA_OPTIONS } from "./channel-delta-options.ts";
import { ignoredKeysOf } from "./dialects.ts";
import type { IgnoredKey } from "./ignored-key.ts";
import { CONFIG_VARIABLE, DEFAULT_PATHS } from "./load.ts";
import { GROUPS, KEYS, OPTIONS } from "./options.ts";
import { nameOf, optionsOf, type Option, type Spelling } from "./table.ts";
import { WEBHOOK_OPTIONS } from "./webhook-options.ts";

/** The whole page, with a final newline. */
export function documentConfig(): string {
  const parts = [
    INTRODUCTION,
    ...GROUPS.flatMap(([heading, options]) => [`## ${heading}`, ...options.map(section)]),
    "## Apps",
    section(OPTIONS.apps),
    APP_INTRODUCTION,
    ...optionsOf(APP_OPTIONS).map(section),
    WEBHOOK_INTRODUCTION,
    ...optionsOf(WEBHOOK_OPTIONS).map(section),
    CHANNEL_DELTA_INTRODUCTION,
    ...optionsOf(CHANNEL_DELTA_OPTIONS).map(section),
    ELSEWHERE_INTRODUCTION,
    "### Keys with another name",
    lines(allOptions().flatMap(otherKeys)),
    IGNORED_INTRODUCTION,
    lines(ignoredKeys()),
    foreignGroups(),
    SOCKUDO_VARIABLES,
    lines(variables((name) => !/^(FANWIRE|SOKETI)_/.test(name))),
    SOKETI_VARIABLES,
    lines(variables((name) => name.startsWith("SOKETI_"))),
  ];
  return `${parts.join("\n\n")}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Printed by \`fanwire config docs\`. To change it, change the tables in src/config. -->

Fanwire reads one file, in TOML or JSON: the one that \`--config\` names, or else the variable \`${CONFIG_VARIABLE}\`, or else ${DEFAULT_PATHS.map(code).join(" or ")} in the working directory. A file of Sockudo or soketi will do. For each option counts, the strongest first:

1. the command line,
2. its variable that begins with \`FANWIRE_\`,
3. its variable of Sockudo,
4. its variable of soketi, which begins with \`SOKETI_\`,
5. the file,
6. the default.

Apps add up instead: those of the file, then \`SOKETI_DEFAULT_APP_*\`, \`SOCKUDO_DEFAULT_APP_*\`, \`${APP_VARIABLE}\` and \`--app\`. Each is added, or replaces the one with the same id.

\`\`\`toml
port = 6001

[[apps]]
id = "1"
key = "my-app"
secret = "replace-this-with-random-text"
enable_client_messages = true
\`\`\`

- Every key may be written in \`snake_case\`, \`camelCase\` or \`PascalCase\`. A name with dots, such as \`adapter.driver\`, is the key \`driver\` in the group \`adapter\`; at the top of a file it may also be written as one key with dots.
- A key that is not known is a mistake, and so is an option given twice. Only in [groups of other servers](#unknown-keys) is it a warning. All mistakes are reported at once, and the server does not start with any. A key of another server that does nothing here is accepted, with a warning where it asks for something.
- In JSON, \`null\` means that an option is not given.
- A variable that is empty counts as not set. Of several variables for one option the first in its list counts. One that begins with \`FANWIRE_\` and that no option has is warned of, other variables are not looked at.
- In Kubernetes a Service of the name \`fanwire\` sets \`FANWIRE_PORT\` to an address in every pod of its namespace, and one of the name \`metrics\` sets \`METRICS_PORT\`: set \`enableServiceLinks: false\`.
- \`fanwire config check\` reports every mistake, and what on this machine would keep the server from starting: files of certificates, addresses, the place of a Unix socket, a file without apps. It takes the options of a start. \`fanwire config print\` shows what holds in the end, without secrets.`;

const APP_INTRODUCTION = `## An app

The keys of one element of \`apps\`. An app may also come from the environment: \`${APP_VARIABLE}=ID:KEY:SECRET\`, or the variables below, which need an id, a key and a secret. On the command line \`--app ID:KEY:SECRET\` does the same.`;

const WEBHOOK_INTRODUCTION = `## A webhook

The keys of one element of an app's \`webhooks\`.`;

const CHANNEL_DELTA_INTRODUCTION = `## Channels with delta compression

The keys of one element of an app's \`channel_delta_compression\`. Instead of them there may be one word: \`inherit\` for what holds anyway, \`disabled\` for \`enabled = false\`, or an algorithm.

\`\`\`toml
[apps.channel_delta_compression]
"ticker*" = { conflation_key = "symbol" }
"chat*" = "disabled"
"*" = "inherit"
\`\`\`

Of two patterns of the same length, one at the beginning of a name and one at its end, the first counts.`;

const ELSEWHERE_INTRODUCTION = `## Coming from another server

A file of Sockudo or soketi loads as it is, unless it asks for a driver which is not here (\`adapter.driver\`, \`app_manager.driver\`, \`cache.driver\`, \`queue.driver\`): then the server does not start, and names it. So do their variables. What they mean otherwise than here:

- An app without \`enabled\` is enabled, as in soketi. In Sockudo it is not.
- An app that sets no limits has Pusher's, or those of \`event_limits\`, \`channel_limits\` and \`presence\`. In Sockudo it has none.
- Variables in a file, \`\${NAME}\`, are not replaced but refused. In Sockudo they are replaced.
- The apps of variables stand beside those of the file. In Sockudo they stand in their place.
- A key beside \`policy\` counts. In Sockudo it does not.
- Limits for each address are off and metrics are off, unless a file says otherwise. In Sockudo both are on.
- Webhooks to private addresses and to this machine are refused, with a line in the log, unless \`webhooks.allow_private_addresses\` is true. Sockudo and soketi send them.
- Subscriptions may have filters, and tags are not delivered, unless a file says otherwise. In Sockudo filters are off, and tags are delivered by a group \`tag_filtering\` and by channels of \`channel_delta_compression\` that do not say otherwise.
- A broker that is down keeps the server from starting, or is waited for (\`adapter.wait_for_broker\`). Sockudo goes on alone unless \`fallback_to_local\` is false.
- Names in a broker begin with \`fanwire\`, unless a file says otherwise: in Sockudo with \`sockudo_adapter\`, in soketi with nothing. Servers of different kinds do not understand one another in any case.
- \`redis-cluster\` always uses sharded publish/subscribe, which Redis has from version 7 on. In Sockudo it is \`use_sharded_pubsub\`.
- A timeout under soketi's key or variable is in milliseconds, under Sockudo's in seconds, as it is there.`;

const IGNORED_INTRODUCTION = `### Keys without effect

These are accepted. Where one asks for something, the server says at its start what it does not do; the settings of a driver ask for nothing, since only its name in \`driver\` would make use of them. A webhook's \`lambda\` and \`filter.channel_namespace\` are mistakes, since without them more would be sent than was asked for.`;

const SOCKUDO_VARIABLES = `### Variables of Sockudo

Variables of drivers which are not here, such as \`KAFKA_BROKERS\` and \`DATABASE_MYSQL_HOST\`, are not looked at.`;

const SOKETI_VARIABLES = "### Variables of soketi";

function section(option: Option<unknown>): string {
  const facts = [
    `Allowed: ${prose(option.kind.allowed)}`,
    ...(hasDefault(option) ? [`Default: ${written(option)}`] : []),
    ...namesOf("Command line", option.commandLine === undefined ? [] : [option.commandLine]),
    ...namesOf("Environment", option.env),
    ...namesOf("Also", option.aliases ?? []),
  ];
  return [`### \`${option.path}\``, option.doc, lines(facts)].join("\n\n");
}

function hasDefault(option: Option<unknown>): boolean {
  return option.default !== undefined && option.default !== null;
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
  const kind = typeof spelling === "string" ? undefined : spelling.kind;
  return kind === undefined ? name : `${name} (${prose(kind.allowed)})`;
}

function allOptions(): readonly Option<unknown>[] {
  return [
    ...optionsOf(OPTIONS),
    ...optionsOf(APP_OPTIONS),
    ...optionsOf(WEBHOOK_OPTIONS),
    ...optionsOf(CHANNEL_DELTA_OPTIONS),
  ];
}

function otherKeys({ path, aliases = [] }: Option<unknown>): readonly string[] {
  return aliases.map((spelling) => `${spelled(spelling)}: ${code(path)}`);
}

/** One line for each reason, with all keys that have no effect for that reason. */
function ignoredKeys(): readonly string[] {
  const rows = [
    ...ignoredKeysOf("app").map((row) => namesOfIgnored("apps[].", row)),
    ...ignoredKeysOf("webhook").map((row) => namesOfIgnored("webhooks[].", row)),
    ...ignoredKeysOf("channelDelta").map((row) =>
      namesOfIgnored("channel_delta_compression[].", row),
    ),
    ...ignoredKeysOf("server").map((row) => namesOfIgnored("", row)),
  ].filter(([, keys]) => keys.length > 0);
  return [...Map.groupBy(rows, ([lacks]) => lacks)].map(
    ([lacks, same]) => `${same.flatMap(([, keys]) => keys).join(", ")}: this version ${lacks}`,
  );
}

function foreignGroups(): string {
  const groups = [...new Set(KEYS.foreign)].toSorted().map(code);
  const appGroups = [...new Set(APP_KEYS.foreign)].map((group) => code(`apps[].${group}`));
  const last = appGroups.join(", ");
  return `### Unknown keys

A newer release of Sockudo or soketi may have keys that this version does not know. In the groups that are theirs, such a key is accepted with a warning that names it, so that it does not stop a start: ${groups.join(", ")}, and ${last}, with the groups in them. A key there that differs from an option in one letter is a mistake all the same, as an unknown key is everywhere else: at the top of a file, in an app, and in groups with options that only Fanwire has or that say who may connect.`;
}

function namesOfIgnored(
  prefix: string,
  { path, aliases = [], lacks }: IgnoredKey,
): readonly [lacks: string, keys: readonly string[]] {
  const keys = [path, ...aliases].filter((key) => key !== "");
  return [lacks, keys.map((key) => code(prefix + key))];
}

/** One line for each variable that `wanted` selects, sorted by name. */
function variables(wanted: (name: string) => boolean): readonly string[] {
  const effective = allOptions().flatMap(({ path, env }) =>
    env.map((spelling) => [nameOf(spelling), `${spelled(spelling)}: ${code(path)}`] as const),
  );
  const ignored = [...ignoredKeysOf("app"), ...ignoredKeysOf("server")].flatMap(
    ({ env = [], lacks }) =>
      env.map((name) => [name, `${code(name)}: no effect, this version ${lacks}`] as const),
  );
  return [...effective, ...ignored]
    .filter(([name]) => wanted(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, line]) => line);
}

function lines(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** Text with `*` escaped, so that it is not emphasis. */
function prose(text: string): string {
  return text.replaceAll("*", "\\*");
}

function code(text: string): string {
  return `\`${text}\``;
}

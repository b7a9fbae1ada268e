// The texts of `--help`, one for each command, and the error for an unknown command.
import { nearest } from "../config/spelling.ts";

/** The name of a command. */
export type CommandName = "serve" | "publish" | "tail" | "health" | "demo" | "config";

type Row = readonly [left: string, right: string];

/** A command as its help describes it. */
interface CommandHelp {
  /** The ways to call it, one line each. */
  readonly usage: readonly Row[];
  readonly options: readonly Row[];
  /** Further sentences. */
  readonly notes?: readonly string[];
}

const TARGET_OPTIONS: readonly Row[] = [
  [
    "--app ID:KEY:SECRET",
    "the app (default: FANWIRE_APP, else your development server on the port)",
  ],
  ["--url URL", "the server (default: http://127.0.0.1:6001)"],
  ["--port N", "the port of the server on this machine (default: 6001)"],
  ["--ca FILE", "trust the certificates of this file, PEM"],
  ["--insecure", "take any certificate"],
];

const START_OPTIONS: readonly Row[] = [
  [
    "--config FILE",
    "configuration, TOML or JSON (default: FANWIRE_CONFIG, fanwire.toml, fanwire.json)",
  ],
  ["--host HOST", "address to listen on (default: 0.0.0.0)"],
  ["--port N", "port to listen on, 0 for any (default: 6001)"],
  ["--app ID:KEY:SECRET", "an app, beside those of the configuration; may be given several times"],
  ["--workers N", "processes that share the port, or auto: one for each core (default: 1)"],
];

const COMMANDS: Readonly<Record<CommandName, CommandHelp>> = {
  serve: {
    usage: [["fanwire [serve] [options]", "start the server"]],
    options: START_OPTIONS,
    notes: [
      "Without any app configured, the server starts in development mode: it makes an app with random",
      "credentials and prints what to paste into pusher-js, Laravel and a shell.",
    ],
  },
  publish: {
    usage: [["fanwire publish CHANNEL EVENT DATA", "publish one event"]],
    options: TARGET_OPTIONS,
    notes: ["DATA may be -, which reads it from standard input, without its last line end."],
  },
  tail: {
    usage: [["fanwire tail CHANNEL", "print the events of a channel"]],
    options: TARGET_OPTIONS,
    notes: [
      "Events go to standard output, one a line; everything else goes to standard error. It connects",
      "again when the connection ends, unless the server has said that this is in vain.",
    ],
  },
  health: {
    usage: [["fanwire health [--url URL]", "ask a server whether it is ready"]],
    options: [
      ["--config FILE", "the configuration of the server on this machine (default: as for serve)"],
      ["--host HOST", "its address, in place of the configured one"],
      ["--port N", "its port, in place of the configured one"],
      ["--url URL", "another server, in place of the configured one"],
      ["--ca FILE", "trust the certificates of this file, PEM"],
      ["--insecure", "take any certificate"],
    ],
    notes: [
      "It asks /ready and exits with 0 if the server is ready, with 1 if it is not or does not answer within",
      "5 seconds. Without --url and --ca any certificate is taken, since the server is on this machine.",
    ],
  },
  demo: {
    usage: [["fanwire demo [--port N] [--host H]", "start it with a live market dashboard"]],
    options: [
      ["--host HOST", "address to listen on (default: 127.0.0.1)"],
      ["--port N", "port to listen on, 0 for any (default: 6001)"],
    ],
  },
  config: {
    usage: [["fanwire config check|print|docs", "check, print or document the configuration"]],
    options: START_OPTIONS,
    notes: [
      "check says all that would keep the server from starting with these options on this machine;",
      "print shows what holds in the end, without secrets.",
    ],
  },
};

const NAMES: readonly string[] = Object.keys(COMMANDS);

const CALL_WIDTH = 38;
const OPTION_WIDTH = 22;

const ALL_CALLS: readonly Row[] = [
  ...Object.values(COMMANDS).flatMap(({ usage }) => usage),
  ["fanwire COMMAND --help", "print the options of a command"],
  ["fanwire --version", "print the version"],
];

/** What `fanwire --help` prints. */
export const HELP: string = `Fanwire: a realtime WebSocket server that speaks the Pusher protocol.

Usage
${columns(ALL_CALLS, CALL_WIDTH)}

Options of serve and config
${columns(START_OPTIONS, OPTION_WIDTH)}

Options of publish and tail
${columns(TARGET_OPTIONS, OPTION_WIDTH)}

${COMMANDS.serve.notes?.join("\n")}
`;

/** What `fanwire COMMAND --help` prints. */
export function helpOf(name: CommandName): string {
  const { usage, options, notes = [] }: CommandHelp = COMMANDS[name];
  const parts = [
    `Usage\n${columns(usage, CALL_WIDTH)}`,
    `Options\n${columns(options, OPTION_WIDTH)}`,
  ];
  return `${[...parts, ...(notes.length === 0 ? [] : [notes.join("\n")])].join("\n\n")}\n`;
}

/** Whether `name` is a command. */
export function isCommand(name: string): name is CommandName {
  return NAMES.includes(name);
}

/** The error for an unknown command, with the nearest known one. */
export function unknownCommand(name: string, known: readonly string[] = NAMES): string {
  const near = nearest(name.toLowerCase(), known);
  const hint = near === undefined ? "" : `, did you mean ${near}`;
  return `Cannot do "${name}": it is no command${hint}; see fanwire --help`;
}

function columns(rows: readonly Row[], width: number): string {
  return rows.map(([left, right]) => `  ${left.padEnd(width)} ${right}`).join("\n");
}

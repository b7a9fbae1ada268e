// Finds the server and the app that a command uses: those of the command line, else of the environment, else the
// development server of this user.
import { readFileSync } from "node:fs";
import { parseAppCredential } from "../config/apps.ts";
import type { Flags } from "./arguments.ts";
import { type DevelopmentServer, findDevelopment } from "./development.ts";
import type { Terminal } from "./terminal.ts";

/** The options for the server, the app and the trusted certificates. */
export const TARGET_FLAGS = {
  url: "once",
  app: "once",
  port: "once",
  ca: "once",
  insecure: "switch",
} as const;

/** The values of these options. */
export type TargetFlags = Flags<typeof TARGET_FLAGS>;

/** How to verify the server's certificate, in the form that `fetch` and `WebSocket` accept. */
export interface Trust {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
}

/** A server and an app on it. */
export interface CommandTarget extends DevelopmentServer {
  readonly tls: Trust;
}

/** The default port of a server on this machine. */
export const DEFAULT_PORT = 6001;

/** The server and its app, or a sentence that says what is missing. */
export function findTarget(
  terminal: Pick<Terminal, "env">,
  flags: TargetFlags,
): CommandTarget | string {
  const url = flags.url === undefined ? null : readUrl(flags.url);
  if (typeof url === "string") return url;
  const port = Number(flags.port ?? (url === null ? DEFAULT_PORT : portOf(url)));
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return `Cannot use port "${flags.port}": it must be a number from 1 to 65535`;
  const tls = trustOf(flags);
  if (typeof tls === "string") return tls;
  const base = url === null ? undefined : `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  const app = flags.app ?? terminal.env["FANWIRE_APP"] ?? "";
  if (app === "") {
    const found = findDevelopment(terminal.env, port);
    if (found !== null) return { ...found, url: base ?? found.url, tls };
    return `Cannot find an app: no development server of yours runs on port ${port}; start one with "fanwire", or give --app ID:KEY:SECRET (or FANWIRE_APP) and --url`;
  }
  const credential = parseAppCredential(app);
  if (credential === undefined)
    return "Cannot read the app: --app and FANWIRE_APP must be of the form ID:KEY:SECRET";
  return { url: base ?? `http://127.0.0.1:${port}`, ...credential, tls };
}

/** A base URL, or why the text is none. */
export function readUrl(text: string): URL | string {
  const url = URL.parse(text);
  const isBase =
    url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  return isBase ? url : `Cannot use url "${text}": it must be like http://127.0.0.1:6001`;
}

function portOf({ port, protocol }: URL): string {
  if (port !== "") return port;
  return protocol === "https:" ? "443" : "80";
}

/** How to verify certificates by `--ca` and `--insecure`, or why these cannot be used. */
export function trustOf({ ca, insecure }: Pick<TargetFlags, "ca" | "insecure">): Trust | string {
  const rejectUnauthorized = insecure !== true;
  if (ca === undefined) return { rejectUnauthorized };
  if (insecure === true)
    return "Cannot use --ca with --insecure: the one trusts these certificates, the other any";
  try {
    return { rejectUnauthorized, ca: readFileSync(ca, "utf8") };
  } catch (error) {
    return `Cannot read --ca "${ca}": ${error instanceof Error ? error.message : String(error)}`;
  }
}

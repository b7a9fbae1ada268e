// Which server and app a command talks to: what the command line says, else the environment, else
// the development server that this user runs on the port.
import { parseAppCredential } from "../config/apps.ts";
import { type DevelopmentServer, findDevelopment } from "./development.ts";
import type { Terminal } from "./terminal.ts";

/** The flags that say where to. */
export const TARGET_FLAGS = ["url", "app", "port"] as const;

/** Their values. */
export type TargetFlags = Readonly<Partial<Record<(typeof TARGET_FLAGS)[number], string>>>;

/** The port on which a server of this machine is looked for when none is named. */
export const DEFAULT_PORT = 6001;

/** Finds the server, or says what is missing. */
export function findTarget(terminal: Terminal, flags: TargetFlags): DevelopmentServer | string {
  const port = Number(flags.port ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return `Cannot use port "${flags.port}": it must be a number from 1 to 65535`;
  const app = flags.app ?? terminal.env["FANWIRE_APP"] ?? "";
  if (app === "") {
    const found = findDevelopment(terminal.env, port);
    if (found !== null) return flags.url === undefined ? found : { ...found, url: flags.url };
    return `Cannot find an app: no development server of yours runs on port ${port}; start one with "fanwire", or give --app ID:KEY:SECRET (or FANWIRE_APP) and --url`;
  }
  const credential = parseAppCredential(app);
  if (credential === undefined)
    return "Cannot read the app: --app and FANWIRE_APP must be of the form ID:KEY:SECRET";
  const url = flags.url ?? `http://127.0.0.1:${port}`;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    return `Cannot use url "${url}": it must be like http://127.0.0.1:6001`;
  return { url: url.replace(/\/+$/, ""), ...credential };
}

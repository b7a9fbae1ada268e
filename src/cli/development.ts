// Development mode: if no app is configured, the server creates a temporary one with random credentials. It writes them
// to a file that only its user can read, so that `fanwire publish` and `fanwire tail` in another terminal need no
// options.
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type App, DEFAULT_LIMITS } from "../protocol/app.ts";
import { isRecord, parseJson } from "../protocol/json.ts";

/** The address and the credentials of a running development server. */
export interface DevelopmentServer {
  readonly url: string;
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** An app with random credentials. Its id is a number, since some server libraries accept no other. */
export function makeDevelopmentApp(fill: (bytes: Uint8Array) => Uint8Array): App {
  const bytes = fill(new Uint8Array(24));
  const number = new DataView(bytes.buffer).getUint32(20) % 900_000;
  return {
    id: String(100_000 + number),
    credentials: [{ key: hex(bytes.slice(0, 10)), secret: hex(bytes.slice(10, 20)) }],
    enabled: true,
    clientEvents: true,
    subscriptionCount: true,
    watchlist: true,
    authorisedConnections: false,
    replayProtection: false,
    allowedOrigins: [],
    webhooks: [],
    channelDelta: [],
    limits: DEFAULT_LIMITS,
  };
}

/** Writes the credentials for other terminals of the same user. Returns a function that removes them. */
export function announceDevelopment(
  env: Readonly<Record<string, string | undefined>>,
  port: number,
  server: DevelopmentServer,
): () => void {
  const directory = stateDirectory(env);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isOurs(directory)) return () => {};
  chmodSync(directory, 0o700);
  const file = stateFile(env, port);
  writeFileSync(file, JSON.stringify(server), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The development server of this user on `port`, or null. */
export function findDevelopment(
  env: Readonly<Record<string, string | undefined>>,
  port: number,
): DevelopmentServer | null {
  const file = stateFile(env, port);
  if (!isOurs(stateDirectory(env)) || !isOurs(file)) return null;
  const value = parseJson(readFileSync(file, "utf8"));
  if (!isRecord(value)) return null;
  const { url, id, key, secret } = value;
  if (![url, id, key, secret].every((member) => typeof member === "string")) return null;
  return { url: String(url), id: String(id), key: String(key), secret: String(secret) };
}

function stateDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return env["XDG_RUNTIME_DIR"]
    ? join(env["XDG_RUNTIME_DIR"], "fanwire")
    : join(tmpdir(), `fanwire-${userInfo().uid}`);
}

function stateFile(env: Readonly<Record<string, string | undefined>>, port: number): string {
  return join(stateDirectory(env), `development-${port}.json`);
}

/** Whether a path belongs to this user. Anybody can create files in the temporary directory; those are never used. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return false;
  return process.platform === "win32" || found.uid === userInfo().uid;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

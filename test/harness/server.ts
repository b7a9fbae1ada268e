// A Fanwire server for a test: the executable with a configuration file and a free port.
import PusherServer from "pusher";
import { EXECUTABLE, makeDirectory, Program } from "./program.ts";
import type { Scope } from "./scope.ts";

/** The app of these tests. */
export const APP = { id: "4711", key: "app-key", secret: "app-secret" } as const;

/** Where clients and applications find a server and an app on it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** A server that listens. */
export interface Server extends Target {
  readonly program: Program;
}

/** What differs from the configuration of these tests. */
export interface ServerSettings {
  /** A port that is known to be free; by default any. */
  readonly port?: number;
  /** Members of the app's group in the configuration file. Client events are on unless turned off here. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Members of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const HOST = "127.0.0.1";

/** Starts a server and waits until it listens. */
export async function startServer(scope: Scope, settings: ServerSettings = {}): Promise<Server> {
  const directory = makeDirectory(scope);
  const file = `${directory}/config.json`;
  await Bun.write(
    file,
    JSON.stringify({
      host: HOST,
      port: settings.port ?? 0,
      apps: [{ ...APP, enable_client_messages: true, ...settings.app }],
      ...settings.config,
    }),
  );
  const program = new Program(scope, [EXECUTABLE, "--config", file], { directory });
  return { program, host: HOST, port: await portOf(program), ...APP };
}

/** The port that a starting server says it listens on. */
export async function portOf(program: Program): Promise<number> {
  const [, shown, told] = await program.says(
    /ws:\/\/[^/]+:(\d+)\/\S*\n[^]*Connections .*\n|"msg":"listening".*"port":(\d+),.*\n/,
  );
  return Number(shown ?? told);
}

/** The address of a path on the server's HTTP side. */
export function httpUrl({ host, port }: Target, path: string): string {
  return `http://${host}:${port}${path}`;
}

/** The address that clients connect to, as pusher-js writes it. */
export function socketUrl(
  { host, port, key }: Target,
  query = "protocol=7&client=js&version=8.6.0&flash=false",
): string {
  return `ws://${host}:${port}/app/${key}?${query}`;
}

/** The Pusher server library for the app. `key` is the master key of encrypted channels, base64 of 32 bytes. */
export function serverLibrary(target: Target, encryptionMasterKeyBase64?: string): PusherServer {
  return new PusherServer({
    appId: target.id,
    key: target.key,
    secret: target.secret,
    host: target.host,
    port: String(target.port),
    useTLS: false,
    ...(encryptionMasterKeyBase64 === undefined ? {} : { encryptionMasterKeyBase64 }),
  });
}

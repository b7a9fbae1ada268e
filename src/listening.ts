// Where the configuration says to listen, with the certificate's files read.
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import type { TLSOptions } from "bun";
import type { Config } from "./config/config.ts";
import type { Address } from "./server.ts";

/** An address besides the server's own that cannot be listened on. */
export class ListenError extends Error {
  readonly place: string;

  constructor(place: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.place = place;
  }
}

/** The address to listen on. Throws when a certificate's file cannot be read. */
export function addressOf(config: Config, port: number): Address {
  if (config.unixSocketEnabled) return { kind: "unix", path: config.unixSocketPath };
  return {
    kind: "tcp",
    host: config.host,
    port,
    shared: config.reusePort,
    tls: config.sslEnabled ? certificate(config) : null,
  };
}

/** What is where a Unix socket is to be made: nothing, a socket without or with a server, another file, or a socket that tells nothing. */
export type SocketState = "free" | "stale" | "living" | "other" | "unknown";

/** Looks what is there, by connecting to it. */
export async function socketState(path: string): Promise<SocketState> {
  // A connect to an ordinary file is refused like one to a socket that was left.
  if (!existsSync(path)) return "free";
  if (!statSync(path).isSocket()) return "other";
  const probe = connect(path);
  const answer = await new Promise<string>((resolve) => {
    probe.once("connect", () => resolve("living"));
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
  probe.destroy();
  switch (answer) {
    case "living":
    // Its queue is full.
    case "EAGAIN":
      return "living";
    case "ECONNREFUSED":
      return "stale";
    case "ENOENT":
      return "free";
    default:
      return "unknown";
  }
}

/** Removes the file of a Unix socket that nobody listens on any more: one that was left by a crash. Tells whether there was one. */
export async function clearStaleSocket({
  unixSocketEnabled,
  unixSocketPath,
}: Config): Promise<boolean> {
  if (!unixSocketEnabled || (await socketState(unixSocketPath)) !== "stale") return false;
  rmSync(unixSocketPath);
  return true;
}

function certificate(config: Config): TLSOptions {
  return {
    cert: readFileSync(config.sslCertPath),
    key: readFileSync(config.sslKeyPath),
    ...(config.sslPassphrase === "" ? {} : { passphrase: config.sslPassphrase }),
    ...(config.sslCaPath === "" ? {} : { ca: readFileSync(config.sslCaPath) }),
  };
}

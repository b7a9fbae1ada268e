// Where the configuration says to listen, with the certificate's files read.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import type { TLSOptions } from "bun";
import type { Config } from "./config/config.ts";
import type { Address } from "./server.ts";

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

/** Removes the file of a Unix socket that nobody listens on any more: one that was left by a crash. */
export async function clearStaleSocket({
  unixSocketEnabled,
  unixSocketPath,
}: Config): Promise<void> {
  if (!unixSocketEnabled || !existsSync(unixSocketPath)) return;
  const probe = connect(unixSocketPath);
  const answer = await new Promise<string>((resolve) => {
    probe.once("connect", () => resolve(""));
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
  probe.destroy();
  if (answer === "ECONNREFUSED") rmSync(unixSocketPath);
}

function certificate(config: Config): TLSOptions {
  return {
    cert: readFileSync(config.sslCertPath),
    key: readFileSync(config.sslKeyPath),
    ...(config.sslPassphrase === "" ? {} : { passphrase: config.sslPassphrase }),
    ...(config.sslCaPath === "" ? {} : { ca: readFileSync(config.sslCaPath) }),
  };
}

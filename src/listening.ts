// Where the configuration says to listen, with the certificate's files read.
import { readFileSync } from "node:fs";
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
    // A renewed certificate needs a second listener on the port.
    reusePort: config.reusePort || config.sslEnabled,
    tls: config.sslEnabled ? certificate(config) : null,
  };
}

function certificate(config: Config): TLSOptions {
  return {
    cert: readFileSync(config.sslCertPath),
    key: readFileSync(config.sslKeyPath),
    ...(config.sslPassphrase === "" ? {} : { passphrase: config.sslPassphrase }),
    ...(config.sslCaPath === "" ? {} : { ca: readFileSync(config.sslCaPath) }),
  };
}

// Where a node listens: the address from the configuration, its first listener, and the next one with a renewed
// certificate.
import { chmodSync, readFileSync } from "node:fs";
import type { TLSOptions } from "bun";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { Listeners } from "../process/kernel.ts";
import type { Address } from "../transport/address.ts";
import type { ServerParts } from "../transport/entrance.ts";
import { retireFormer } from "../transport/retirement.ts";
import type { Servers } from "../transport/servers.ts";

/** The listeners of a node. */
export interface Listening {
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly servers: Servers;
  /** The listeners as the operating system has them. */
  readonly system: Listeners;
  /** Loads the certificate's files again. New connections get the new certificate, open ones live on. @throws when it cannot be read. */
  readonly renewCertificate: () => Promise<void>;
}

/** Begins to listen. @throws when the address cannot be bound or the certificate cannot be read. */
export function listen(config: Config, servers: Servers, parts: ServerParts, log: Log): Listening {
  const port = servers.listen(addressOf(config, config.port), parts);
  const system = new Listeners(port, (error) =>
    log.warn("listener as the system has it", { reason: String(error) }),
  );
  system.keepLittleUnsent();
  if (config.unixSocketEnabled) chmodSync(config.unixSocketPath, config.unixSocketMode);
  return {
    port,
    servers,
    system,
    async renewCertificate() {
      const former = system.descriptors();
      servers.listen(addressOf(config, port), parts);
      system.keepLittleUnsent();
      await retireFormer(servers, system, former);
    },
  };
}

function addressOf(config: Config, port: number): Address {
  if (config.unixSocketEnabled) return { kind: "unix", path: config.unixSocketPath };
  return {
    kind: "tcp",
    host: config.host,
    port,
    shared: config.reusePort,
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

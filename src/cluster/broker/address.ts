// Where a broker is, and how a connection to it is secured.
import { readFileSync } from "node:fs";

/** A host and its port. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** TLS of a connection. Files are PEM and read for each connection, so that they can be renewed. Empty text stands for none. */
export interface BrokerTls {
  /** Whether the certificate must be of a known authority and of this host. */
  readonly isVerified: boolean;
  /** The authorities that are known, in place of those of the system. */
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** What a TLS connection is made with. */
export interface TlsMaterial {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the files. @throws when one cannot be read. */
export function tlsOf({ isVerified, caPath, certPath, keyPath }: BrokerTls): TlsMaterial {
  return {
    rejectUnauthorized: isVerified,
    ...(caPath === "" ? {} : { ca: fileText(caPath) }),
    ...(certPath === "" ? {} : { cert: fileText(certPath) }),
    ...(keyPath === "" ? {} : { key: fileText(keyPath) }),
  };
}

/** The text of a file. @throws an error that names it. */
export function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`the file "${path}" cannot be read`, { cause: error });
  }
}

/** A URL of these addresses, without credentials. */
export function urlOf(scheme: string, addresses: readonly BrokerAddress[]): string {
  return `${scheme}://${addresses.map(hostAndPort).join(",")}`;
}

/** `host:port`, with an IPv6 address in brackets. */
export function hostAndPort({ host, port }: BrokerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Reads `host:port`; undefined if it is none. */
export function addressIn(text: string): BrokerAddress | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : { host, port: Number(port) };
}

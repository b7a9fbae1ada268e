// Where a server listens.
import type { TLSOptions } from "bun";

/** A TCP address or the path of a Unix socket. */
export type Address = TcpAddress | { readonly kind: "unix"; readonly path: string };

/** A host and port, with or without TLS. */
export interface TcpAddress {
  readonly kind: "tcp";
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whether other processes may listen on the same port; the system distributes the connections. */
  readonly shared: boolean;
  readonly tls: TLSOptions | null;
}

/** An address other than the server's main one on which listening failed. */
export class ListenError extends Error {
  readonly place: string;

  constructor(place: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.place = place;
  }
}

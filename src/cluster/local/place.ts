// Where a worker finds the local bus.

/** The router, and the right to join. */
export interface LocalBusPlace {
  /** The path of the router's socket. */
  readonly path: string;
  /** What the primary has given to this process. */
  readonly token: string;
}

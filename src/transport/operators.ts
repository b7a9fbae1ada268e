// The listener for operators: metrics on an address of their own.

/** A listener that answers requests alone. */
export interface OperatorListener {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Answers on an address of its own. Throws when the address cannot be bound. */
export function listenForOperators(
  host: string,
  port: number,
  handle: (request: Request) => Response | Promise<Response>,
): OperatorListener {
  const server = Bun.serve({
    hostname: host,
    port,
    development: false,
    fetch: handle,
    error: () => new Response("Internal server error\n", { status: 500 }),
  });
  return { port: server.port ?? port, stop: () => server.stop(true) };
}

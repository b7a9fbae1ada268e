// Ports on which nothing listens, for programs that cannot be told to choose one.
import { createServer } from "node:net";

/** Below what Linux gives to outgoing connections by itself, one of which could otherwise take the port first. */
const LOWEST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** A free port of the address. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (await isFree(host, port)) return port;
  }
}

/** As many different free ports. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

function isFree(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.on("error", () => resolve(false));
  server.listen({ host, port }, () => server.close(() => resolve(true)));
  return promise;
}

// Free ports of 127.0.0.1 that stay free while nothing listens on them, so that a broker can be restarted on its port.
import { createServer } from "node:net";

/** Below what Linux gives to outgoing connections by itself: a client could otherwise take the port of a broker that is down. */
const LOWEST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (await isFree(port)) return port;
  }
}

/** As many different free ports. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.on("error", () => resolve(false));
  server.listen({ host: "127.0.0.1", port }, () => server.close(() => resolve(true)));
  return promise;
}

// Requests to a server over one connection, one after the other, so that all of them come to the same process of it:
// only what one process publishes has an order.
import { type HttpAnswer, HttpConnection } from "./http-connection.ts";
import type { Place } from "./tcp-connection.ts";

/** By host and port: the connection, and the last request on it. */
const lines = new Map<string, { connection: HttpConnection | null; last: Promise<unknown> }>();

/** Sends the bytes of a request when the earlier ones have been answered, and waits for the answer. @throws when there is none. */
export function askInOrder({ host, port }: Place, bytes: string): Promise<HttpAnswer> {
  const name = `${host}:${port}`;
  const line = lines.get(name) ?? { connection: null, last: Promise.resolve() };
  lines.set(name, line);
  const answer = line.last.then(async () => {
    // A server that was started anew on the port has closed the connection.
    if (line.connection === null || line.connection.tcp.isEnded) {
      line.connection = new HttpConnection();
      await line.connection.connect(null, { host, port });
    }
    const given = await line.connection.ask(bytes);
    if (given === null) throw new Error(`Cannot ask ${name}: the connection has ended`);
    return given;
  });
  line.last = answer.catch(() => {
    line.connection = null;
  });
  return answer;
}

// Finds a NATS server that lives. The client waits for one server after the other, and keeps the sockets of those that
// are silent.
import { connect } from "node:net";
import { hostAndPort, type BrokerAddress } from "./address.ts";
import { CONNECT_DEADLINE_MS } from "./bounds.ts";

/** The first of these servers that says something: a NATS server does as soon as it is connected to. @throws why none does. */
export async function firstToGreet(servers: readonly BrokerAddress[]): Promise<BrokerAddress> {
  const attempts = servers.map(async (server) => {
    await greeting(server);
    return server;
  });
  return Promise.any(attempts);
}

function greeting(server: BrokerAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(server);
  const timer = setTimeout(() => end(new Error("no answer in time")), CONNECT_DEADLINE_MS);
  const end = (error: Error): void => {
    clearTimeout(timer);
    socket.destroy();
    reject(error);
  };
  socket.on("error", end);
  socket.on("close", () => end(new Error(`${hostAndPort(server)} has closed the connection`)));
  socket.once("data", () => {
    resolve();
    end(new Error("the greeting was enough"));
  });
  return promise;
}

import { connect, type Socket } from "node:net";
import { expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { testScope } from "../harness/scope.ts";
import { outboundGateways, startRegions } from "./regions.ts";
import { startRedis, startSentinel } from "./redis.ts";
import { runTool } from "./tools.ts";

const scope = testScope();

function askRedis(port: number, ...command: readonly string[]) {
  return runTool(scope, ["redis-cli", "-p", String(port), ...command]);
}

test("Redis takes its file", async () => {
  const { port } = await startRedis(scope);
  const limits = await askRedis(port, "config", "get", "client-output-buffer-limit");
  expect(limits.stdout).toContain("pubsub 268435456 67108864 60");
  const others = await askRedis(port, "config", "get", "tcp-keepalive");
  expect(others.stdout).toBe("tcp-keepalive\n60\n");
});

test("Sentinel takes its file", async () => {
  const { port } = await startSentinel(scope);
  const { stdout } = await askRedis(port, "sentinel", "get-master-addr-by-name", "mymaster");
  expect(stdout).toBe("10.0.0.11\n6379\n");
});

/** A connection to a NATS server, and what has come over it. */
class NatsClient {
  text = "";
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (data) => (this.text += data.toString()));
    scope.add(() => this.#socket.destroy());
    this.send('CONNECT {"verbose":false}');
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** Waits until the server has handled what was sent. */
  async settled(): Promise<void> {
    this.text = this.text.replaceAll("PONG\r\n", "");
    this.send("PING");
    await until(() => this.text.includes("PONG\r\n"), "an answer of NATS");
  }
}

test("NATS servers of two regions find one another, and a message reaches every region once", async () => {
  const servers = await startRegions(scope);
  for (const server of servers)
    expect(await outboundGateways(server)).toEqual([server.region === "eu" ? "us" : "eu"]);
  const clients = servers.map(({ clientPort }) => new NatsClient(clientPort));
  for (const client of clients) {
    client.send("SUB news 1");
    await client.settled();
  }
  // Until each server knows of all subscriptions, some of the messages do not reach all of them.
  const [publisher] = clients;
  let number = 0;
  await until(async () => {
    publisher?.send(`PUB news ${String(++number).length}\r\n${number}`);
    await Bun.sleep(20);
    return clients.every(({ text }) => text.includes(`\r\n${number}\r\n`));
  }, "a message in both regions");
  for (const client of clients) await client.settled();
  expect(clients.map(({ text }) => text.split(`\r\n${number}\r\n`).length - 1)).toEqual(
    clients.map(() => 1),
  );
});

import { connect, type Socket } from "node:net";
import { expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { freePort } from "../harness/free-port.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { outboundGateways, startRegions } from "./regions.ts";
import { deployText, runTool, tool } from "./tools.ts";

const scope = testScope();

/** Starts redis-server with this file. Returns its port. */
async function startRedis(text: string, ready: RegExp, ...options: readonly string[]) {
  const directory = makeDirectory(scope);
  const port = await freePort();
  await Bun.write(`${directory}/redis.conf`, text);
  const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const command = [tool("redis-server"), `${directory}/redis.conf`, ...own, ...options];
  await new Program(scope, command, { directory }).says(ready);
  return port;
}

function askRedis(port: number, ...command: readonly string[]) {
  return runTool(scope, ["redis-cli", "-p", String(port), ...command]);
}

test("Redis takes its file", async () => {
  const port = await startRedis(deployText("redis/redis.conf"), /Ready to accept connections/);
  const limits = await askRedis(port, "config", "get", "client-output-buffer-limit");
  expect(limits.stdout).toContain("pubsub 268435456 67108864 60");
  const others = await askRedis(port, "config", "get", "tcp-keepalive");
  expect(others.stdout).toBe("tcp-keepalive\n60\n");
});

test("Sentinel takes its file", async () => {
  const text = deployText("redis/sentinel.conf", { "port 26379\n": "" });
  const port = await startRedis(text, /monitor master mymaster/, "--sentinel");
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

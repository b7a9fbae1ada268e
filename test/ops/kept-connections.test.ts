// Applications keep their connections to the API. No publish is lost when the listener of such a connection closes.
import { expect, test } from "bun:test";
import { makeDirectory } from "../harness/program.ts";
import { type Scope, testScope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import type { Target } from "../harness/target.ts";
import { makeCertificate } from "./certificate.ts";
import { KeptPublisher, type Published } from "./kept-publisher.ts";

const scope = testScope();
const PUBLISHERS = 4;

/** Publishes without pause during the action. */
async function publishedDuring(
  target: Target,
  transport: "plain" | "secure",
  action: () => Promise<void>,
): Promise<Published> {
  const publishers = Array.from({ length: PUBLISHERS }, () => new KeptPublisher(target, transport));
  await Bun.sleep(200);
  await action();
  await Bun.sleep(200);
  const published = await Promise.all(publishers.map((publisher) => publisher.stop()));
  return {
    count: sum(published.map(({ count }) => count)),
    connectionCount: sum(published.map(({ connectionCount }) => connectionCount)),
    failures: published.flatMap(({ failures }) => failures),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

test("no publish is lost while the certificate is renewed fifteen times", async () => {
  const renewals = 15;
  const { server, files } = await startSecure(scope);
  const { count, connectionCount, failures } = await publishedDuring(server, "secure", async () => {
    for (let times = 1; times <= renewals; times++) {
      makeCertificate(files);
      server.program.signal("SIGHUP");
      await server.program.says(new RegExp(`(certificate renewed[^]*){${times}}`));
      await Bun.sleep(50);
    }
  });
  expect(failures).toEqual([]);
  // Each renewal made every publisher reconnect once, and not at every publish.
  expect(connectionCount).toBeWithin(PUBLISHERS * renewals, PUBLISHERS * (renewals + 1) + 1);
  expect(count).toBeGreaterThan(2 * connectionCount);
});

test("no publish is lost while another process takes over the port", async () => {
  const config = { reuse_port: true, shutdown_grace_period: 5 };
  const old = await startServer(scope, { config });
  const { count, connectionCount, failures } = await publishedDuring(old, "plain", async () => {
    await startServer(scope, { port: old.port, config });
    const toldMs = performance.now();
    old.program.terminate();
    expect((await old.program.outcome()).code).toBe(0);
    // The server does not wait for connections that it has told to close.
    expect(performance.now() - toldMs).toBeLessThan(2400);
  });
  expect(failures).toEqual([]);
  // Some publishers may have connected to the new process at first.
  expect(connectionCount).toBeWithin(PUBLISHERS, 3 * PUBLISHERS);
  expect(count).toBeGreaterThan(2 * connectionCount);
});

test("a server that stops answers who asks, as the last time, and ends when all have been answered", async () => {
  const server = await startServer(scope, { config: { shutdown_grace_period: 600 } });
  const { failures } = await publishedDuring(server, "plain", async () => {
    const toldMs = performance.now();
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(2000);
  });
  // No answer was lost: the only failures are refused connections.
  expect(failures.filter((failure) => !failure.includes("ECONNREFUSED"))).toEqual([]);
});

test("a connection that is kept and silent does not hold up a stop for the whole grace", async () => {
  const server = await startServer(scope, { config: { shutdown_grace_period: 600 } });
  expect((await fetch(`http://${server.host}:${server.port}/`)).status).toBe(200);
  const toldMs = performance.now();
  server.program.terminate();
  expect((await server.program.outcome()).code).toBe(0);
  expect(performance.now() - toldMs).toBeLessThan(4000);
});

async function startSecure(owner: Scope) {
  const directory = makeDirectory(owner);
  const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
  makeCertificate(files);
  const server = await startServer(owner, {
    config: {
      ssl: { enabled: true, cert_path: files.cert, key_path: files.key },
      shutdown_grace_period: 1,
    },
  });
  return { server, files };
}

// A server with several processes: a primary and the workers that share its port.
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, expect, test } from "bun:test";
import { freePort } from "../harness/brokers/free-port.ts";
import { startRedis } from "../harness/brokers/redis.ts";
import { until } from "../harness/deadline.ts";
import type { Closing } from "../harness/frames.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { makeDirectory, run } from "../harness/program.ts";
import { attempt, connectRaw, RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { launch, listening, type Server, startServer } from "../harness/server.ts";
import { APP, httpUrl } from "../harness/target.ts";
import { makeCertificate, shownFingerprint } from "./certificate.ts";
import { isAlive, isKnown, untilWorkers, workerPids } from "./worker-processes.ts";

const scope = testScope();
const SHUTTING_DOWN = { code: 4200, reason: "Server is shutting down, please reconnect" };
/** Enough that each of two workers has some of them. */
const MANY = 40;

function startWorkers(workers: number | "auto", config: object = {}): Promise<Server> {
  return startServer(scope, { config: { workers, shutdown_grace_period: 2, ...config } });
}

function connectMany(server: Server, count = MANY): Promise<readonly RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => (await connectRaw(scope, server)).client),
  );
}

/** Sockets of the process, its connections among them. */
function socketCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Kills a process at once, as a crash does. */
function crash(pid: number): void {
  process.kill(pid, "SIGKILL");
}

function isServing(server: Server, workers: number): Promise<unknown> {
  return untilFigures(server, (figures) => figures.sum("fanwire_workers") === workers, "workers");
}

describe("a server with workers", () => {
  test("divides its clients among them, and shows the figures of all as one", async () => {
    const server = await startWorkers(3);
    expect(server.program.stdout).toMatch(/Workers +3\n/);
    const pids = await untilWorkers(server.program.pid, 3);
    const before = pids.map(socketCount);
    await connectMany(server, 90);
    for (const [index, pid] of pids.entries())
      expect(socketCount(pid) - (before[index] ?? 0)).toBeGreaterThan(5);
    const figures = await untilFigures(
      server,
      (each) => each.sum("fanwire_connected") === 90,
      "all connections in the figures",
    );
    expect(figures.sum("fanwire_workers")).toBe(3);
    expect(figures.sum("fanwire_new_connections_total")).toBe(90);
    expect(figures.sum("process_open_fds")).toBeGreaterThan(90);
  });

  test("starts a worker that crashed anew, and the clients of the others notice nothing", async () => {
    const server = await startWorkers(2);
    const clients = await connectMany(server);
    const counted = await scrape(server);
    const [first = 0, second = 0] = await untilWorkers(server.program.pid, 2);
    crash(first);
    await server.program.says(/worker ended.*signal=SIGKILL/);
    const pids = await until(() => {
      const now = workerPids(server.program.pid);
      return now.length === 2 && !now.includes(first) && now;
    }, "a new worker");
    expect(pids).toContain(second);
    await isServing(server, 2);
    const left = clients.filter(({ isOpen }) => isOpen);
    expect(left.length).toBeWithin(1, MANY);
    for (const client of left) client.send({ event: "pusher:ping", data: {} });
    for (const client of left) expect((await client.frames.next()).event).toBe("pusher:pong");
    expect(isKnown(first)).toBe(false);
    const figures = await scrape(server);
    expect(figures.sum("fanwire_worker_restarts_total")).toBe(1);
    // What the one that crashed had counted stays in the sums.
    const name = "fanwire_new_connections_total";
    expect(figures.sum(name)).toBe(counted.sum(name));
    await connectMany(server);
    expect((await scrape(server)).sum(name)).toBe(counted.sum(name) + MANY);
  });

  test("ends with a sentence when a worker crashes over and over", async () => {
    const server = await startWorkers(2);
    const [, stable = 0] = await untilWorkers(server.program.pid, 2);
    const crashed = new Set<number>();
    while (crashed.size < 5) {
      const victim = await until(
        () => workerPids(server.program.pid).find((pid) => pid !== stable && !crashed.has(pid)),
        "a worker to crash",
      );
      crashed.add(victim ?? 0);
      crash(victim ?? 0);
    }
    const { code, stderr } = await server.program.outcome();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Cannot keep worker \d running: it has ended five times within a minute, the last time with signal SIGKILL/,
    );
    expect(isAlive(stable)).toBe(false);
  });

  test("goes on to show its figures while a worker stands still", async () => {
    const server = await startWorkers(2);
    await connectMany(server);
    const before = await scrape(server);
    const [pid = 0] = await untilWorkers(server.program.pid, 2);
    process.kill(pid, "SIGSTOP");
    try {
      const askedMs = performance.now();
      const figures = await scrape(server);
      expect(performance.now() - askedMs).toBeLessThan(3000);
      expect(figures.sum("fanwire_workers_unanswered_total")).toBe(1);
      expect(figures.sum("fanwire_connected")).toBeLessThan(MANY);
      const name = "fanwire_new_connections_total";
      expect(figures.sum(name)).toBe(before.sum(name));
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await untilFigures(server, (each) => each.sum("fanwire_connected") === MANY, "all clients");
  });

  test("says in the log which worker a line is of", async () => {
    const server = await startWorkers(2, { log: { format: "json" } });
    expect(server.program.stdout).toContain('"workers":2');
    server.program.terminate();
    const { stderr } = await server.program.outcome();
    const lines = stderr.trim().split("\n");
    const stopped = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "stopped");
    expect(new Set(stopped.map(({ worker }) => worker))).toEqual(new Set([1, 2, undefined]));
    expect(stopped).toHaveLength(3);
  });
});

describe("a server with workers that is told to end", () => {
  test("sends the clients of all workers elsewhere, within the grace, and leaves nothing behind", async () => {
    const server = await startWorkers(2);
    const clients = await connectMany(server);
    const pids = await untilWorkers(server.program.pid, 2);
    const toldMs = performance.now();
    server.program.terminate();
    for (const client of clients) expect(await client.closed()).toEqual(SHUTTING_DOWN);
    expect(await server.program.outcome()).toMatchObject({ code: 0 });
    expect(performance.now() - toldMs).toBeLessThan(4500);
    expect(pids.filter(isKnown)).toEqual([]);
  });

  test("obeys SIGINT as a terminal sends it, to all processes", async () => {
    const server = await startWorkers(2);
    const [client] = await connectMany(server);
    const pids = await untilWorkers(server.program.pid, 2);
    for (const pid of pids) process.kill(pid, "SIGINT");
    server.program.signal("SIGINT");
    expect(await client?.closed()).toEqual(SHUTTING_DOWN);
    expect(await server.program.outcome()).toMatchObject({ code: 0 });
  });

  test("ends at once when it is told a second time, with code 1", async () => {
    const server = await startWorkers(2, { shutdown_grace_period: 600 });
    await connectMany(server, 200);
    const pids = await untilWorkers(server.program.pid, 2);
    server.program.terminate();
    await server.program.says(/stopping.*worker=/);
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(1);
    await until(() => !pids.some(isAlive), "the end of the workers");
  });
});

test("a worker that is told to end sends its clients elsewhere and is replaced", async () => {
  const server = await startWorkers(2);
  const clients = await connectMany(server);
  const closings: Closing[] = [];
  for (const client of clients) void client.closed().then((closing) => closings.push(closing));
  const [first = 0, second = 0] = await untilWorkers(server.program.pid, 2);
  process.kill(first, "SIGTERM");
  await server.program.says(/worker ended.*code=0/);
  await isServing(server, 2);
  expect(isAlive(first)).toBe(false);
  expect(workerPids(server.program.pid)).toContain(second);
  const left = clients.filter(({ isOpen }) => isOpen);
  expect(left.length).toBeWithin(1, MANY);
  await until(() => closings.length === MANY - left.length, "the closings");
  expect(closings.filter(({ code }) => code !== 4200)).toEqual([]);
  await Promise.all(left.map((client) => client.leave()));
});

describe("workers whose primary was killed", () => {
  test("send their clients elsewhere, end, and leave port and folder to the next start", async () => {
    const directory = makeDirectory(scope);
    const args = ["--host", "127.0.0.1", "--app", "1:app-key:app-secret", "--workers", "2"];
    const first = launch(scope, [...args, "--port", "0"], { directory });
    const { port } = await listening(first);
    expect(readdirSync(directory)).toHaveLength(1);
    const url = `ws://127.0.0.1:${port}/app/app-key?protocol=7`;
    const { client } = await connectRaw(scope, url);
    const pids = await untilWorkers(first.pid, 2);
    await first.kill();
    expect(await client.closed()).toEqual(SHUTTING_DOWN);
    const second = launch(scope, [...args, "--port", String(port)], { directory });
    expect((await listening(second)).port).toBe(port);
    await until(() => !pids.some(isAlive), "the end of the workers");
    expect(readdirSync(directory)).toHaveLength(1);
    second.terminate();
    await second.outcome();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("end within the grace also when clients do not answer", async () => {
    const server = await startWorkers(2, { shutdown_grace_period: 1 });
    await connectMany(server, 200);
    const pids = await untilWorkers(server.program.pid, 2);
    await server.program.kill();
    const killedMs = performance.now();
    await until(() => !pids.some(isAlive), "the end of the workers");
    expect(performance.now() - killedMs).toBeLessThan(4000);
  });
});

describe("the port of a server with workers", () => {
  test("is refused when another server has it, with or without workers", async () => {
    const alone = await startServer(scope);
    const many = await startWorkers(2);
    for (const { port } of [alone, many])
      for (const workers of [1, 2]) {
        const start = startServer(scope, { port, config: { workers } });
        const refusal = await start.then(() => "started", String);
        expect(refusal).toContain(`Cannot listen on 127.0.0.1:${port}`);
      }
    expect(await attempt(many)).toBe("connected");
  });

  test("is taken over by a second server, without a moment in which nobody listens", async () => {
    const config = { reuse_port: true };
    const old = await startWorkers(2, config);
    const over = new AbortController();
    const visitors = Array.from({ length: 4 }, async () => {
      const attempts: ("connected" | Closing)[] = [];
      while (!over.signal.aborted) attempts.push(await attempt(old));
      return attempts;
    });
    const young = await startServer(scope, { port: old.port, config: { workers: 2, ...config } });
    old.program.terminate();
    expect((await old.program.outcome()).code).toBe(0);
    expect(await attempt(young)).toBe("connected");
    over.abort();
    const attempts = (await Promise.all(visitors)).flat();
    expect(attempts.length).toBeGreaterThan(20);
    // Clients that reach a server while it stops are sent to the other.
    const lost = attempts.filter((each) => each !== "connected" && each.code !== 4200);
    expect(lost).toEqual([]);
  });
});

test("SIGHUP gives all workers the new certificate, and open connections live on", async () => {
  const directory = makeDirectory(scope);
  const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
  const { pem } = makeCertificate(files);
  const ssl = { enabled: true, cert_path: files.cert, key_path: files.key };
  const server = await startWorkers(2, { ssl });
  const url = `wss://${server.host}:${server.port}/app/${server.key}?protocol=7`;
  const { client } = await connectRaw(scope, url, { ca: pem });
  const renewed = makeCertificate(files);
  server.program.signal("SIGHUP");
  await server.program.says(/certificate renewed/);
  for (let count = 0; count < 20; count++)
    expect(await shownFingerprint(server)).toBe(renewed.fingerprint);
  client.send({ event: "pusher:ping", data: {} });
  expect((await client.frames.next()).event).toBe("pusher:pong");
});

describe("workers on a broker", () => {
  function adapterOf(port: number): object {
    return { adapter: { driver: "redis", redis: { host: "127.0.0.1", port } } };
  }

  test("do not start when it cannot be reached, which is said once", async () => {
    const port = await freePort();
    const start = startWorkers(2, adapterOf(port));
    const refusal = await start.then(() => "started", String);
    const sentence = `Cannot open bus "redis://127.0.0.1:${port}": connection refused`;
    expect(refusal.split(sentence)).toHaveLength(2);
    expect(refusal).not.toContain("Cannot listen");
  });

  test("end with their primary also when they wait for it", async () => {
    const directory = makeDirectory(scope);
    const redis = { host: "127.0.0.1", port: await freePort() };
    await Bun.write(
      `${directory}/c.json`,
      JSON.stringify({
        apps: [APP],
        workers: 2,
        port: 0,
        adapter: { driver: "redis", redis, wait_for_broker: true },
      }),
    );
    const program = launch(scope, ["--config", "c.json"], { directory });
    await program.says(/waiting for the broker/);
    const pids = workerPids(program.pid);
    expect(pids.length).toBeGreaterThan(0);
    await program.kill();
    await until(() => !pids.some(isAlive), "the end of the workers");
  });

  test("that crash while it is away come back, and the server goes on", async () => {
    const redis = await startRedis(scope);
    const server = await startWorkers(2, adapterOf(redis.port));
    const [first = 0] = await untilWorkers(server.program.pid, 2);
    await redis.kill();
    crash(first);
    await server.program.says(/waiting for the broker/);
    expect(await attempt(server)).toBe("connected");
    await redis.start();
    await isServing(server, 2);
  });
});

describe("limits of a server with workers", () => {
  test("hold for all together: open files", async () => {
    const server = await startServer(scope, { openFiles: 128, config: { workers: 2 } });
    expect(server.program.stdout).toMatch(/Connections +up to 192\n/);
    const attempts = await hold(server, 260);
    expect(attempts.filter((each) => each === "connected")).toHaveLength(192);
    // Those above are told so as far as there are open files for it.
    expect(attempts.some((each) => each !== "connected" && each.code === 4100)).toBe(true);
    expect((await fetch(httpUrl(server, "/up"))).status).toBe(200);
  });

  test("hold for all together: max_connections", async () => {
    const server = await startWorkers(2, { max_connections: 6, max_refusals_per_address: -1 });
    expect(server.program.stdout).toMatch(/Connections +up to 6\n/);
    const attempts = await hold(server, MANY);
    expect(attempts.filter((each) => each === "connected")).toHaveLength(6);
  });

  test('"auto" starts one worker for each core, and more for more connections than their open files allow', async () => {
    const cores = availableParallelism();
    const config = { workers: "auto", max_connections: 96 * cores + 1 };
    const server = await startServer(scope, { openFiles: 128, config });
    expect(server.program.stdout).toMatch(new RegExp(`Workers +${cores + 1}\n`));
    await untilWorkers(server.program.pid, cores + 1);
  });

  /** Connects so many clients, which stay when they are let in. */
  function hold(server: Server, count: number): Promise<readonly ("connected" | Closing)[]> {
    return Promise.all(
      Array.from({ length: count }, () => {
        const client = new RawClient(scope, server);
        return Promise.race([
          client.frames.next().then(() => "connected" as const),
          client.closed(),
        ]);
      }),
    );
  }
});

describe("development mode with workers", () => {
  test("has one app for all, which other terminals find", async () => {
    const directory = makeDirectory(scope);
    const server = launch(scope, ["--host", "127.0.0.1", "--port", "0", "--workers", "2"], {
      directory,
    });
    const { port } = await listening(server);
    expect(server.stdout.match(/Development mode/g)).toHaveLength(1);
    const publish = ["publish", "news", "e", "{}", "--port", String(port)];
    for (let count = 0; count < 6; count++)
      expect((await run(scope, publish, { directory })).code).toBe(0);
    server.terminate();
    await server.outcome();
    expect(existsSync(`${directory}/fanwire/development-${port}.json`)).toBe(false);
  });

  test("cannot be had on a Unix socket", async () => {
    const directory = makeDirectory(scope);
    const env = {
      FANWIRE_UNIX_SOCKET_ENABLED: "true",
      FANWIRE_UNIX_SOCKET_PATH: `${directory}/f.sock`,
    };
    const refused = await run(scope, ["--workers", "2"], { directory, env });
    expect([refused.code, refused.stderr.trim()]).toEqual([
      2,
      'Cannot start 2 workers: processes cannot share a Unix socket, workers must be 1 or "auto"',
    ]);
  });
});

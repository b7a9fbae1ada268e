// A log that cannot be written: the disk is full, the reader stalls, the reader has gone. The server goes on, loses
// lines and not its memory, and tells how many when the log is back.
import { closeSync, constants, openSync, readSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { parseObject } from "../harness/json.ts";
import { makeDirectory } from "../harness/program.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { launch, type Server, startServer } from "../harness/server.ts";
import { APP, httpUrl, type Target } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { processorMs, residentBytes } from "./process.ts";

const scope = testScope();
/** Every refused request is logged, without a limit for their number. */
const CONFIG = {
  log: { level: "debug", format: "json" },
  http_api: { max_unsigned_requests_per_address: 0, max_unsigned_requests_per_second: 0 },
};
const MB = 1024 * 1024;
const REQUESTS_AT_ONCE = 20;

/** Starts a server that logs to this file, and a bystander. */
async function start(logTo: string) {
  const victim = await startServer(scope, { config: CONFIG, logTo });
  return { victim, bystander: await startBystander(scope, victim) };
}

/** Makes the server log this many lines. */
async function refuse(target: Target, count: number): Promise<void> {
  let begun = 0;
  const ask = async (): Promise<void> => {
    while (begun++ < count)
      expect((await fetch(httpUrl(target, "/apps/none/channels"))).status).toBe(404);
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, ask));
}

/** The processor time of a second in which nothing but the bystander's events happens. */
async function quietMs({ program: { pid } }: Server): Promise<number> {
  const before = processorMs(pid);
  await Bun.sleep(1000);
  return processorMs(pid) - before;
}

/** What a reader of the log gets, line by line. */
class LogReader {
  readonly #descriptor: number;
  #text = "";
  #isOpen = true;

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    scope.add(() => this.leave());
  }

  /** Every line that has come up to now. */
  read(): readonly Readonly<Record<string, unknown>>[] {
    const buffer = Buffer.alloc(65_536);
    for (let count = this.#take(buffer); count > 0; count = this.#take(buffer))
      this.#text += buffer.toString("utf8", 0, count);
    const whole = this.#text.slice(0, this.#text.lastIndexOf("\n") + 1);
    return whole.split("\n").flatMap((line) => (line === "" ? [] : [parseObject(line)]));
  }

  leave(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }

  #take(buffer: Buffer): number {
    try {
      return readSync(this.#descriptor, buffer);
    } catch {
      return 0;
    }
  }
}

function makePipe(): string {
  const path = `${makeDirectory(scope)}/log`;
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  return path;
}

describe("a server goes on", () => {
  test("with its log on a full disk", async () => {
    const { victim, bystander } = await start("/dev/full");
    await refuse(victim, 300);
    expect(await quietMs(victim)).toBeLessThan(500);
    expect(await bystander.missedNothing()).toBeGreaterThan(10);
  });

  test("with a full disk for all that it says, from the start", async () => {
    const free = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { port = 0 } = free;
    await free.stop(true);
    const app = `${APP.id}:${APP.key}:${APP.secret}`;
    const address = ["--host", "127.0.0.1", "--port", String(port), "--app", app];
    const program = launch(scope, address, {
      directory: makeDirectory(scope),
      outputTo: "/dev/full",
      logTo: "/dev/full",
      env: { FANWIRE_LOG_LEVEL: "debug", FANWIRE_SHUTDOWN_GRACE_PERIOD: "0" },
    });
    const target = { host: "127.0.0.1", port, ...APP };
    await until(
      () =>
        fetch(httpUrl(target, "/ready")).then(
          ({ ok }) => ok,
          () => false,
        ),
      "the server to listen",
    );
    await refuse(target, 200);
    await connectRaw(scope, target);
    program.terminate();
    expect((await program.outcome()).code).toBe(0);
  });

  test("with a reader that stalls: it loses lines, no memory, and tells how many when they are read again", async () => {
    const count = 15_000;
    const pipe = makePipe();
    const reader = new LogReader(pipe);
    const { victim, bystander } = await start(pipe);
    await refuse(victim, 1000);
    const before = residentBytes(victim.program.pid);
    await refuse(victim, count - 1000);
    expect(residentBytes(victim.program.pid) - before).toBeLessThan(48 * MB);
    expect(await quietMs(victim)).toBeLessThan(500);
    const isLoss = ({ msg }: Readonly<Record<string, unknown>>): boolean =>
      msg === "log lines lost";
    await until(() => reader.read().some(isLoss), "the number of lost lines");
    const lines = reader.read();
    const refused = lines.filter(({ msg }) => msg === "request refused").length;
    const lost = Number(lines.find(isLoss)?.["lines"]);
    expect(lost).toBeGreaterThan(1000);
    expect(refused + lost).toBe(count);
    expect(await bystander.missedNothing()).toBeGreaterThan(10);
  });

  test("with a reader that has gone, and tells the next one what is lost", async () => {
    const pipe = makePipe();
    const first = new LogReader(pipe);
    const { victim, bystander } = await start(pipe);
    await refuse(victim, 5);
    await until(() => first.read().length === 5, "the first lines");
    first.leave();
    await refuse(victim, 300);
    expect(await quietMs(victim)).toBeLessThan(500);
    const second = new LogReader(pipe);
    await until(() => second.read().length > 0, "the log to come back");
    expect(second.read()[0]).toMatchObject({ level: "warn", msg: "log lines lost", lines: 300 });
    await refuse(victim, 1);
    await until(() => second.read().at(-1)?.["msg"] === "request refused", "the next line");
    expect(await bystander.missedNothing()).toBeGreaterThan(10);
  });
});

// Redis with the configuration of deploy/redis, on a port of 127.0.0.1.
import { freePort } from "../harness/brokers/free-port.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";
import { deployText, tool } from "./tools.ts";

/** A running Redis or Sentinel. */
export interface RunningRedis {
  readonly port: number;
  readonly program: Program;
}

/** Starts Redis with redis.conf. */
export function startRedis(scope: Scope): Promise<RunningRedis> {
  return start(scope, deployText("redis/redis.conf"), /Ready to accept connections/);
}

/** Starts a Sentinel with sentinel.conf. */
export function startSentinel(scope: Scope): Promise<RunningRedis> {
  const text = deployText("redis/sentinel.conf", { "port 26379\n": "" });
  return start(scope, text, /monitor master mymaster/, "--sentinel");
}

async function start(
  scope: Scope,
  text: string,
  ready: RegExp,
  ...options: readonly string[]
): Promise<RunningRedis> {
  const directory = makeDirectory(scope);
  const port = await freePort();
  await Bun.write(`${directory}/redis.conf`, text);
  const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const command = [tool("redis-server"), `${directory}/redis.conf`, ...own, ...options];
  const program = new Program(scope, command, { directory });
  await program.says(ready);
  return { port, program };
}

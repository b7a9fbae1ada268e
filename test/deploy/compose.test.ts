import { existsSync } from "node:fs";
import { beforeAll, expect, test } from "bun:test";
import { isObject } from "../harness/json.ts";
import { makeDirectory, type Outcome, run } from "../harness/program.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { APP } from "../harness/target.ts";
import { at } from "./kubernetes.ts";
import { deployPath, deployText, runTool } from "./tools.ts";

const scope = testScope();
const forFile = fileScope();
const NODES = ["node1", "node2", "node3"];
const COMMAND = ["docker-compose", "-f", deployPath("docker/docker-compose.yml"), "config"];

/** The file of this machine that a service is given. Later versions of Compose print it as an object. */
function sourceOf(volume: unknown): string {
  const source = at(volume, "source");
  if (typeof source === "string") return source;
  return typeof volume === "string" ? (volume.split(":")[0] ?? "") : "";
}

const FANWIRE_APP = `${APP.id}:${APP.key}:${APP.secret}`;
let printed: Outcome;

beforeAll(async () => {
  printed = await runTool(forFile, COMMAND, { env: { FANWIRE_APP } });
});

test("Compose takes the file: three nodes, Redis and nginx", () => {
  const { code, stdout } = printed;
  expect(code).toBe(0);
  const services = at(Bun.YAML.parse(stdout), "services");
  expect(Object.keys(isObject(services) ? services : {}).toSorted()).toEqual([
    "nginx",
    ...NODES,
    "redis",
  ]);
  const env = at(services, "node1.environment");
  expect(env).toMatchObject({ FANWIRE_APP, ADAPTER_DRIVER: "redis", DATABASE_REDIS_HOST: "redis" });
  for (const node of NODES) {
    expect(at(services, node)).toEqual(at(services, "node1"));
    expect(deployText("docker/upstream.conf")).toContain(`server ${node}:6001 `);
  }
  for (const volumes of [at(services, "nginx.volumes"), at(services, "redis.volumes")])
    for (const volume of Array.isArray(volumes) ? volumes : [])
      expect(existsSync(sourceOf(volume))).toBe(true);
});

test("Compose asks for an app", async () => {
  const { code, stderr } = await runTool(scope, COMMAND);
  expect(code).not.toBe(0);
  expect(stderr).toContain("set FANWIRE_APP to ID:KEY:SECRET");
});

test("a node takes its variables, and may stop in its time", async () => {
  const node = at(Bun.YAML.parse(printed.stdout), "services.node1");
  const given = at(node, "environment");
  const entries = Object.entries(isObject(given) ? given : {});
  const env = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  const outcome = await run(scope, ["config", "check"], {
    directory: makeDirectory(scope),
    env,
  });
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const used = Number(env["FANWIRE_SHUTDOWN_DELAY"]) + Number(env["FANWIRE_SHUTDOWN_GRACE_PERIOD"]);
  expect(Number.parseInt(String(at(node, "stop_grace_period")))).toBeGreaterThan(used);
});

import { existsSync } from "node:fs";
import { expect, test } from "bun:test";
import { isObject } from "../harness/json.ts";
import { makeDirectory, run } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { APP } from "../harness/target.ts";
import { at } from "./kubernetes.ts";
import { deployPath, deployText, runTool } from "./tools.ts";

const scope = testScope();
const NODES = ["node1", "node2", "node3"];
const COMMAND = ["docker-compose", "-f", deployPath("docker/docker-compose.yml"), "config"];

function compose(env: Readonly<Record<string, string>>) {
  return runTool(scope, COMMAND, { env });
}

test("Compose takes the file: three nodes, Redis and nginx", async () => {
  const FANWIRE_APP = `${APP.id}:${APP.key}:${APP.secret}`;
  const { code, stdout } = await compose({ FANWIRE_APP });
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
      expect(existsSync(String(volume).split(":")[0] ?? "")).toBe(true);
});

test("Compose asks for an app", async () => {
  const { code, stderr } = await compose({});
  expect(code).not.toBe(0);
  expect(stderr).toContain("set FANWIRE_APP to ID:KEY:SECRET");
});

test("a node takes its variables, and may stop in its time", async () => {
  const { stdout } = await compose({ FANWIRE_APP: `${APP.id}:${APP.key}:${APP.secret}` });
  const node = at(Bun.YAML.parse(stdout), "services.node1");
  const given = at(node, "environment");
  const entries = Object.entries(isObject(given) ? given : {});
  const env = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  // Without a bus, since this needs none that is there.
  const outcome = await run(scope, ["config", "check"], {
    directory: makeDirectory(scope),
    env: { ...env, ADAPTER_DRIVER: "local" },
  });
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const used = Number(env["FANWIRE_SHUTDOWN_DELAY"]) + Number(env["FANWIRE_SHUTDOWN_GRACE_PERIOD"]);
  expect(Number.parseInt(String(at(node, "stop_grace_period")))).toBeGreaterThan(used);
});

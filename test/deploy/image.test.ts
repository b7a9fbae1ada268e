// The image without an engine that builds it: its instructions are read, and what they do is done in a directory.
import { chmodSync, cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, test } from "bun:test";
import { makeDirectory, type Outcome, Program, ROOT } from "../harness/program.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { freePort } from "../harness/brokers/free-port.ts";
import { listening } from "../harness/server.ts";
import { APP } from "../harness/target.ts";
import { type Instruction, readDockerfile } from "./dockerfile.ts";
import { deployPath, deployText, runTool, tool } from "./tools.ts";

const scope = testScope();
const forFile = fileScope();
const [build = [], image = []] = readDockerfile(deployText("docker/Dockerfile"));
const CONFIG = { FANWIRE_APP: `${APP.id}:${APP.key}:${APP.secret}`, FANWIRE_HOST: "127.0.0.1" };

function argumentsOf(stage: readonly Instruction[], name: string): readonly string[] {
  return stage.filter((each) => each.name === name).map(({ text }) => text);
}

/** Runs a command of the image as its user, in its files alone. Nothing but /tmp can be written. */
function inImage(root: string, command: readonly string[], env: Record<string, string>): Program {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? "--userspec=65532:65532" : "";
  const script = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/tmp" && exec chroot ${user} "$0" "$@"`;
  const namespace = [tool("unshare"), "--mount", ...(isRoot ? [] : ["--map-root-user"])];
  return new Program(scope, [...namespace, "sh", "-c", script, root, ...command], {
    directory: root,
    env,
  });
}

test("hadolint finds nothing to complain of", async () => {
  const outcome = await runTool(scope, ["hadolint", "--no-color", deployPath("docker/Dockerfile")]);
  expect(outcome).toEqual({ code: 0, stdout: "", stderr: "" });
});

describe("the image", () => {
  let root: string;

  beforeAll(async () => {
    root = await makeImage();
  });

  /** Does what the instructions of the first stage do, with the executable for this machine. */
  async function makeImage(): Promise<string> {
    const source = makeDirectory(forFile);
    const target = makeDirectory(forFile);
    for (const text of argumentsOf(build, "COPY")) {
      const paths = text.split(" ");
      const to = paths.pop() ?? "";
      for (const path of paths)
        cpSync(`${ROOT}/${path}`, `${source}/${to === "./" ? path : to}`, { recursive: true });
    }
    const PATH = `${dirname(process.execPath)}:${process.env["PATH"]}`;
    const env = { PATH, HOME: process.env["HOME"] ?? "" };
    const made = new Program(forFile, ["./build.sh"], { directory: source, env });
    expect(await made.outcome()).toMatchObject({ code: 0 });
    mkdirSync(`${target}/usr/local/bin`, { recursive: true });
    cpSync(`${source}/dist/fanwire`, `${target}/usr/local/bin/fanwire`);
    const [, libraries = ""] = argumentsOf(build, "RUN");
    const shell = ["bash", "-euo", "pipefail", "-c", libraries.replaceAll("/image", target)];
    const collected = new Program(forFile, shell, { directory: source });
    expect(await collected.outcome()).toMatchObject({ code: 0, stderr: "" });
    // As an engine makes them; the directory of a test is for its user alone.
    for (const name of ["proc", "dev"]) mkdirSync(`${target}/${name}`);
    chmodSync(target, 0o755);
    return target;
  }

  test("is small: the executable, its libraries and the names of its user", () => {
    const files = [...new Bun.Glob("**/*").scanSync({ cwd: root, onlyFiles: true })];
    const bytes = files.reduce((sum, file) => sum + statSync(`${root}/${file}`).size, 0);
    expect(files.length).toBeLessThan(12);
    expect(bytes).toBeLessThan(125_000_000);
    expect(existsSync(`${root}/etc/fanwire`)).toBe(true);
    expect(existsSync(`${root}/bin/sh`)).toBe(false);
  });

  test.each([
    ["one process", "1"],
    ["workers", "2"],
  ])(
    "serves with %s as its user, with a read-only root file system, and is asked for its health by itself",
    async (_, workers) => {
      const [entry = ""] = argumentsOf(image, "ENTRYPOINT");
      const [check = ""] = argumentsOf(image, "HEALTHCHECK");
      const start: string[] = JSON.parse(entry);
      const ask: string[] = JSON.parse(check.slice(check.indexOf("[")));
      const port = String(await freePort());
      const env = { ...CONFIG, FANWIRE_PORT: port, FANWIRE_WORKERS: workers, TMPDIR: "/tmp" };
      const isolated = { ...env, XDG_RUNTIME_DIR: "", HOME: "/nonexistent" };
      const health = (): Promise<Outcome> => inImage(root, ask, isolated).outcome();
      expect((await health()).code).toBe(1);
      const server = inImage(root, start, isolated);
      await listening(server);
      expect(server.stderr).toBe("");
      expect(await health()).toMatchObject({ code: 0, stderr: "" });
      server.terminate();
      expect((await server.outcome()).code).toBe(0);
    },
  );
});

describe("the last stage of the Dockerfile", () => {
  test("begins with nothing and takes over what the first has made", () => {
    expect(argumentsOf(image, "FROM")).toEqual(["scratch"]);
    expect(argumentsOf(image, "COPY")).toEqual(["--from=build /image /"]);
    expect(argumentsOf(image, "RUN")).toEqual([]);
  });

  test("runs as a user without rights, given by number so that orchestrators can tell", () => {
    expect(argumentsOf(image, "USER")).toEqual(["65532:65532"]);
  });

  test("exposes the ports of clients and metrics, and stops by the signal that drains", () => {
    expect(argumentsOf(image, "EXPOSE")).toEqual(["6001 9601"]);
    expect(argumentsOf(image, "STOPSIGNAL")).toEqual(["SIGTERM"]);
  });
});

test("the build is sent every file that the Dockerfile copies, and no other", () => {
  const sent = deployText("docker/Dockerfile.dockerignore").trim().split("\n");
  const copied = argumentsOf(build, "COPY").flatMap((text) => text.split(" ").slice(0, -1));
  expect(sent).toEqual(["*", ...copied.map((path) => `!${path}`)]);
});

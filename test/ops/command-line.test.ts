import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { EXECUTABLE, makeDirectory, type Outcome, Program, run } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { launch, listening, startServer } from "../harness/server.ts";
import { APP } from "../harness/target.ts";

const scope = testScope();
const CREDENTIALS = `${APP.id}:${APP.key}:${APP.secret}`;

/** Runs the executable in an empty directory. */
function fanwire(...args: readonly string[]): Promise<Outcome> {
  return run(scope, args, { directory: makeDirectory(scope) });
}

describe("fanwire", () => {
  test("--version prints the version", async () => {
    expect(await fanwire("--version")).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: "",
    });
  });

  test.each(["serve", "publish", "tail", "health", "demo", "config"])(
    "%s --help prints its usage and options, and starts nothing",
    async (command) => {
      const outcome = await fanwire(command, "--help");
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      expect(outcome.stdout).toStartWith("Usage\n  fanwire ");
      expect(outcome.stdout).toMatch(/^ {2}--\w+ /m);
      for (const args of [
        [command, "-h"],
        ["help", command],
        [command, "x", "--bogus", "--help"],
      ])
        expect(await fanwire(...args)).toEqual(outcome);
    },
  );

  test("takes every --app", async () => {
    const apps = ["--app", CREDENTIALS, "--app", "2:second-key:second-secret"];
    const program = launch(scope, ["--host", "127.0.0.1", "--port", "0", ...apps], {
      directory: makeDirectory(scope),
    });
    const { port } = await listening(program);
    for (const app of [CREDENTIALS, "2:second-key:second-secret"]) {
      const url = ["--url", `http://127.0.0.1:${port}`];
      expect((await fanwire("publish", "c", "e", "d", "--app", app, ...url)).code).toBe(0);
    }
  });

  test("--help prints every command", async () => {
    const { code, stdout, stderr } = await fanwire("--help");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const command of ["serve", "publish", "tail", "health", "demo", "config"])
      expect(stdout).toContain(`fanwire ${command === "serve" ? "[serve]" : command}`);
  });

  test.each([
    [["launch"], 'Cannot do "launch"'],
    [["pubish"], 'Cannot do "pubish": it is no command, did you mean publish'],
    [["config", "chek"], 'Cannot do "chek": it is no command, did you mean check'],
    [["--prot", "1"], "did you mean --port"],
    [["--port", "1", "--port", "2"], 'Cannot read option "--port": it is given twice'],
    [["tail", "c", "--url", "a", "--url", "b"], 'Cannot read option "--url": it is given twice'],
    [["publish", "c", "e", "d", "--app", "a", "--app=b"], '"--app": it is given twice'],
    [["demo", "--host", "a", "--host", "b"], '"--host": it is given twice'],
    [["config", "check", "--config", "a", "--config", "b"], '"--config": it is given twice'],
    [["tail", "c", "--insecure=yes"], 'Cannot read option "--insecure": it takes no value'],
    [["--app", "1:abc:def", "--app", "1:ghi:jkl"], "another --app has this id"],
    [["--bogus"], 'Cannot read option "--bogus"'],
    [["--port"], 'Cannot read option "--port"'],
    [["--port", "many"], "--port"],
    [["--app", "no-colons"], "ID:KEY:SECRET"],
    [["publish", "channel"], "Usage: fanwire publish"],
    [["tail"], "Usage: fanwire tail"],
    [["config"], "Usage: fanwire config"],
    [["tail", "channel", "--app", CREDENTIALS, "--url", "elsewhere"], 'Cannot use url "elsewhere"'],
  ])("%j exits with 2 and a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await fanwire(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("exits with 1 and a sentence when its port is taken", async () => {
    const { port } = await startServer(scope);
    const address = ["--host", "127.0.0.1", "--port", String(port)];
    const { code, stderr } = await fanwire(...address, "--app", CREDENTIALS);
    expect(code).toBe(1);
    expect(stderr).toStartWith(`Cannot listen on 127.0.0.1:${port}: `);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("a command whose output cannot be written", () => {
  function shell(script: string): Promise<Outcome> {
    const program = new Program(scope, ["sh", "-c", script, EXECUTABLE], {
      directory: makeDirectory(scope),
    });
    return program.outcome();
  }

  test("says so and exits with 1 when the disk is full", async () => {
    expect(await shell('exec "$0" config docs >/dev/full')).toEqual({
      code: 1,
      stdout: "",
      stderr: "Cannot write to standard output\n",
    });
  });

  test("ends without a word when its reader has gone", async () => {
    const { stdout, stderr } = await shell('"$0" config docs | head -1');
    expect([stdout, stderr]).toEqual(["# Configuration\n", ""]);
  });

  test("waits for a reader that is slow, and loses nothing", async () => {
    const [slow, direct] = await Promise.all([
      shell('"$0" config docs | (sleep 2; cat)'),
      fanwire("config", "docs"),
    ]);
    expect(slow.stdout).toBe(direct.stdout);
  });
});

test("a port of the metrics that is taken is named as that", async () => {
  const { port } = await startServer(scope);
  const { code, stderr } = await run(scope, ["--host", "127.0.0.1", "--port", "0"], {
    directory: makeDirectory(scope),
    env: { FANWIRE_METRICS_ENABLED: "true", FANWIRE_METRICS_PORT: String(port) },
  });
  expect(code).toBe(1);
  expect(stderr).toStartWith(`Cannot listen on 127.0.0.1:${port} for metrics: `);
});

describe("fanwire publish and fanwire tail", () => {
  test.each(["my-channel", "private-x", "presence-x"])("work on %s", async (channel) => {
    const { port } = await startServer(scope);
    const options = ["--app", CREDENTIALS, "--url", `http://127.0.0.1:${port}`];
    const tail = new Program(scope, [EXECUTABLE, "tail", channel, ...options], {
      directory: makeDirectory(scope),
    });
    await tail.says(/listening to/);
    const published = await fanwire("publish", channel, "my-event", '{"text":"hello"}', ...options);
    expect(published).toMatchObject({ code: 0, stdout: `published my-event to ${channel}\n` });
    await tail.says(/my-event \{"text":"hello"\}\n/);
  });

  test("take the app from FANWIRE_APP", async () => {
    const { port } = await startServer(scope);
    const outcome = await run(scope, ["publish", "a", "e", "{}", "--port", String(port)], {
      directory: makeDirectory(scope),
      env: { FANWIRE_APP: CREDENTIALS },
    });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
  });

  test("exit with 1 and the server's answer when the secret is wrong", async () => {
    const { port } = await startServer(scope);
    const options = ["--app", `${APP.id}:${APP.key}:wrong-secret`, "--port", String(port)];
    const published = await fanwire("publish", "a", "e", "{}", ...options);
    expect(published.code).toBe(1);
    expect(published.stderr).toContain("answered 401: Invalid signature");
    const tailed = await fanwire("tail", "private-a", ...options);
    expect(tailed.code).toBe(1);
    expect(tailed.stderr).toContain('Cannot listen to "private-a": Invalid signature');
  });
});

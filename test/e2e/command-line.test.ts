import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { EXECUTABLE, makeDirectory, type Outcome, Program, run } from "./program.ts";
import { testScope } from "./scope.ts";
import { APP, startServer } from "./server.ts";

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

  test("--help prints every command", async () => {
    const { code, stdout, stderr } = await fanwire("--help");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const command of ["serve", "publish", "tail", "demo", "config"])
      expect(stdout).toContain(`fanwire ${command === "serve" ? "[serve]" : command}`);
  });

  test.each([
    [["launch"], 'Cannot do "launch"'],
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

  test("tail exits with 1 when the server ends", async () => {
    const server = await startServer(scope);
    const options = ["--app", CREDENTIALS, "--port", String(server.port)];
    const tail = new Program(scope, [EXECUTABLE, "tail", "a", ...options], {
      directory: makeDirectory(scope),
    });
    await tail.says(/listening to/);
    server.program.terminate();
    const { code, stderr } = await tail.outcome();
    expect(code).toBe(1);
    expect(stderr).toContain("4200 Server is shutting down, please reconnect");
  });
});

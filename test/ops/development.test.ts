import { statSync } from "node:fs";
import { beforeEach, describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { EXECUTABLE, makeDirectory, Program, ROOT, run } from "../harness/program.ts";
import { subscribeRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { launch } from "../harness/server.ts";
import type { Target } from "../harness/target.ts";

const scope = testScope();
const MY_EVENT = { event: "my-event", channel: "my-channel", data: '{"text":"hello"}' };

let directory: string;
let program: Program;
/** The server and the app, as the banner prints them. */
let target: Target;

/** Development mode: no configuration, no app. */
beforeEach(async () => {
  directory = makeDirectory(scope);
  program = launch(scope, ["--host", "127.0.0.1", "--port", "0"], { directory });
  await program.says(/\n {2}Two terminals\n\n.*\n.*\n/);
  const [, host = "", port] = await program.says(/ws:\/\/([\d.]+):(\d+)\/app\//);
  const [, id = "", key = "", secret = ""] = await program.says(
    /To keep them: fanwire --app ([^:]+):([^:]+):(\S+)\n/,
  );
  target = { host, port: Number(port), id, key, secret };
});

/** The text under a title of the banner, as a user would copy it. */
function section(title: string, next: string): string {
  const lines = program.stdout.split("\n");
  const [from, to] = [lines.indexOf(`  ${title}`), lines.indexOf(`  ${next}`)];
  expect(from).toBeGreaterThan(0);
  expect(to).toBeGreaterThan(from);
  return lines.slice(from + 1, to).join("\n");
}

async function subscribed() {
  const { client } = await subscribeRaw(scope, target, "my-channel");
  return client;
}

describe("development mode", () => {
  test("makes an app whose id is a number and whose credentials are new with every start", async () => {
    expect(target.id).toMatch(/^\d+$/);
    const again = launch(scope, ["--host", "127.0.0.1", "--port", "0"], {
      directory,
    });
    const [, key = "", secret = ""] = await again.says(/fanwire --app \d+:([^:]+):(\S+)\n/);
    expect(key).not.toBe(target.key);
    expect(secret).not.toBe(target.secret);
  });

  test("prints a curl command that works when it is pasted into bash", async () => {
    const client = await subscribed();
    const input = section("curl", "Two terminals");
    const bash = new Program(scope, ["bash"], { directory, input });
    expect(await bash.outcome()).toMatchObject({ code: 0, stdout: "{}" });
    expect(await client.frames.next()).toMatchObject(MY_EVENT);
  });

  test("prints JavaScript for pusher-js that works when it is pasted", async () => {
    const file = `${directory}/pasted.mjs`;
    const pusherJs = JSON.stringify(`${ROOT}/node_modules/pusher-js`);
    await Bun.write(
      file,
      `import Pusher from ${pusherJs};\n${section("pusher-js", "Laravel, in .env")}`,
    );
    const pasted = new Program(scope, [process.execPath, file], { directory });
    const library = serverLibrary(target);
    const isThere = async (): Promise<boolean> =>
      (await (await library.get({ path: "/channels/my-channel" })).json()).occupied;
    await until(isThere, "the pasted client to subscribe");
    await library.trigger("my-channel", "my-event", { text: "hello" });
    await pasted.says(/text: "hello"/);
  });

  test("prints variables for Laravel that lead to the server", async () => {
    const client = await subscribed();
    const lines = section("Laravel, in .env", "curl").trim().split("\n");
    const env = Object.fromEntries(lines.map((line) => line.split("=", 2)));
    expect(env).toMatchObject({ BROADCAST_CONNECTION: "pusher", PUSHER_SCHEME: "http" });
    const library = serverLibrary({
      host: env["PUSHER_HOST"],
      port: env["PUSHER_PORT"],
      id: env["PUSHER_APP_ID"],
      key: env["PUSHER_APP_KEY"],
      secret: env["PUSHER_APP_SECRET"],
    });
    await library.trigger("my-channel", "my-event", { text: "hello" });
    expect(await client.frames.next()).toMatchObject(MY_EVENT);
  });

  test.each([
    ["by its port", () => ["--port", String(target.port)]],
    ["by its URL", () => ["--url", `http://127.0.0.1:${target.port}/`]],
  ])(
    "lets tail and publish of other terminals find it without credentials, %s",
    async (_, where) => {
      const port = where();
      const tail = new Program(scope, [EXECUTABLE, "tail", "my-channel", ...port], { directory });
      await tail.says(/listening to my-channel/);
      const published = await run(
        scope,
        ["publish", "my-channel", "my-event", '{"text":"hello"}', ...port],
        { directory },
      );
      expect(published).toEqual({
        code: 0,
        stdout: "published my-event to my-channel\n",
        stderr: "",
      });
      await tail.says(/my-event \{"text":"hello"\}\n/);
    },
  );

  test("keeps its credentials from other users and removes them at its end", async () => {
    const folder = `${directory}/fanwire`;
    const file = `${folder}/development-${target.port}.json`;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await Bun.file(file).json()).toMatchObject({
      id: target.id,
      key: target.key,
      secret: target.secret,
    });
    program.terminate();
    expect((await program.outcome()).code).toBe(0);
    expect(await Bun.file(file).exists()).toBe(false);
  });
});

describe("a development server that has no place for its credentials", () => {
  test.each([
    ["a file where its folder should be", { XDG_RUNTIME_DIR: "/dev/null" }],
    ["a runtime folder that is not there", { XDG_RUNTIME_DIR: "/proc/none" }],
  ])("starts all the same: %s", async (_, env) => {
    const other = launch(scope, ["--host", "127.0.0.1", "--port", "0"], {
      directory: makeDirectory(scope),
      env,
    });
    await other.says(/Two terminals/);
  });
});

test("publish without a development server says how to go on", async () => {
  const empty = makeDirectory(scope);
  const { code, stderr } = await run(scope, ["publish", "a", "e", "{}", "--port", "1"], {
    directory: empty,
  });
  expect(code).toBe(2);
  expect(stderr).toContain("Cannot find an app");
  expect(stderr).toContain("--app ID:KEY:SECRET");
});

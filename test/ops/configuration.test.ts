import { describe, expect, test } from "bun:test";
import { makeDirectory, type Outcome, type Program, run } from "../harness/program.ts";
import { connectPusher, listen, subscribe } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { launch, listening } from "../harness/server.ts";
import { APP, httpUrl, type Target } from "../harness/target.ts";

const scope = testScope();

/** A server with this file, started in a directory where the file has this name. */
async function startWith(
  name: string,
  text: string,
  options: { readonly args?: readonly string[]; readonly env?: Record<string, string> } = {},
): Promise<{ readonly program: Program; readonly port: number }> {
  const directory = makeDirectory(scope);
  await Bun.write(`${directory}/${name}`, text);
  const { args = [], env = {} } = options;
  const program = launch(scope, args, { directory, env });
  return { program, port: (await listening(program)).port };
}

async function check(text: string): Promise<Outcome> {
  const directory = makeDirectory(scope);
  const file = `${directory}/config.json`;
  await Bun.write(file, text);
  return run(scope, ["config", "check", "--config", file], { directory });
}

async function publishes(target: Target): Promise<void> {
  const channel = await subscribe(await connectPusher(scope, target), "news");
  const events = listen(channel, "headline");
  await serverLibrary(target).trigger("news", "headline", 1);
  expect((await events.next()).data).toBe(1);
}

describe("a server starts", () => {
  // Copied from an article on moving from Pusher, except for the port.
  test("with the configuration of an article, unchanged", async () => {
    const { program, port } = await startWith(
      "config.json",
      '{"apps":[{"id":"app-id","key":"app-key","secret":"app-secret","maxConnections":-1,"enableClientMessages":true,"enableUserAuthentication":false,"webhooks":[]}],"server":{"host":"0.0.0.0","port":0},"adapter":{"driver":"local"}}',
      { args: ["--config", "config.json"] },
    );
    expect(program.stderr).not.toMatch(/warning/i);
    const target = { host: "127.0.0.1", port, id: "app-id", key: "app-key", secret: "app-secret" };
    await publishes(target);

    const library = serverLibrary(target);
    const clients = [];
    for (let count = 0; count < 2; count++) {
      const { client, socketId } = await connectRaw(scope, target);
      const channel = "private-talk";
      client.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
      await client.received();
      clients.push(client);
    }
    clients[0]?.send({ event: "client-typing", data: {}, channel: "private-talk" });
    expect((await clients[1]?.frames.next())?.event).toBe("client-typing");
  });

  test("with fanwire.toml of its working directory", async () => {
    const { port } = await startWith(
      "fanwire.toml",
      `host = "127.0.0.1"\nport = 0\n[[apps]]\nid = "1"\nkey = "toml-key"\nsecret = "toml-secret"\n`,
    );
    await publishes({ host: "127.0.0.1", port, id: "1", key: "toml-key", secret: "toml-secret" });
  });

  test("with soketi's variables alone", async () => {
    const { port } = await startWith("unrelated.txt", "", {
      env: {
        SOKETI_HOST: "127.0.0.1",
        SOKETI_PORT: "0",
        SOKETI_DEFAULT_APP_ID: "2",
        SOKETI_DEFAULT_APP_KEY: "soketi-key",
        SOKETI_DEFAULT_APP_SECRET: "soketi-secret",
      },
    });
    const target = { id: "2", key: "soketi-key", secret: "soketi-secret" };
    await publishes({ host: "127.0.0.1", port, ...target });
  });

  test("under a path prefix, on which clients and applications find it", async () => {
    const { port } = await startWith("fanwire.json", JSON.stringify({ apps: [APP] }), {
      args: ["--host", "127.0.0.1", "--port", "0"],
      env: { FANWIRE_PATH_PREFIX: "/realtime" },
    });
    const target = { host: "127.0.0.1", port, ...APP };
    const pusher = await connectPusher(scope, target, { wsPath: "/realtime" });
    const channel = await subscribe(pusher, "news");
    const events = listen(channel, "headline");
    // The prefix is not signed: PHP's library puts it before the signed path.
    const path = `/apps/${APP.id}/events`;
    const body = '{"name":"headline","channel":"news","data":"1"}';
    const query = serverLibrary(target).createSignedQueryString({ method: "POST", path, body });
    const url = httpUrl(target, `/realtime${path}?${query}`);
    expect((await fetch(url, { method: "POST", body })).status).toBe(200);
    expect((await events.next()).data).toBe(1);
  });
});

describe("fanwire config check", () => {
  test("says that a good configuration is valid", async () => {
    const { code, stdout, stderr } = await check(JSON.stringify({ apps: [APP] }));
    expect(code).toBe(0);
    expect(stdout).toEndWith("config.json is valid\n");
    expect(stderr).toBe("");
  });

  test("exits with 2 and says all that is wrong at once, without a secret", async () => {
    const { code, stdout, stderr } = await check(
      JSON.stringify({
        prot: 6001,
        activity_timeout: "soon",
        apps: [{ id: "1", key: "app-key", secret: "a secret with spaces", maxConections: 5 }],
      }),
    );
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trim().split("\n")).toHaveLength(4);
    expect(stderr).toMatch(/prot: .*did you mean port/);
    expect(stderr).toMatch(/activity_timeout "soon": /);
    expect(stderr).toMatch(/apps\[0\]\.maxConections: .*did you mean maxConnections/);
    expect(stderr).toMatch(/apps\[0\]\.secret /);
    expect(stderr).not.toContain("with spaces");
  });

  test("exits with 2 for what is no JSON, with the line", async () => {
    const { code, stderr } = await check('{\n  "port": 1,\n  oops\n}');
    expect(code).toBe(2);
    expect(stderr).toMatch(/config\.json:3/);
  });

  test("exits with 2 for a file that is not there", async () => {
    const directory = makeDirectory(scope);
    const { code, stderr } = await run(scope, ["config", "check", "--config", "none.json"], {
      directory,
    });
    expect(code).toBe(2);
    expect(stderr).toContain("none.json");
  });
});

test("a server with a wrong configuration does not start and exits with 2", async () => {
  const directory = makeDirectory(scope);
  await Bun.write(`${directory}/fanwire.json`, '{"apps":[{"id":"1"}]}');
  const { code, stdout, stderr } = await run(scope, [], { directory });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("apps[0]");
});

test("fanwire config print shows what holds, without secrets", async () => {
  const directory = makeDirectory(scope);
  await Bun.write(`${directory}/fanwire.json`, JSON.stringify({ port: 7001, apps: [APP] }));
  const { code, stdout } = await run(scope, ["config", "print"], { directory });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    port: 7001,
    activity_timeout: 120,
    apps: [{ id: APP.id, key: APP.key }],
  });
  expect(stdout).not.toContain(APP.secret);
});

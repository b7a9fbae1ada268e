import { existsSync, statSync } from "node:fs";
import { beforeEach, describe, expect, test } from "bun:test";
import { makeDirectory, run } from "../harness/program.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest } from "../harness/signing.ts";
import { APP, resource } from "../harness/target.ts";

const scope = testScope();
let path: string;

beforeEach(() => {
  path = `${makeDirectory(scope)}/fanwire.sock`;
});

function start(more: Readonly<Record<string, unknown>> = {}): Promise<Server> {
  return startServer(scope, {
    config: { unix_socket: { enabled: true, path, ...more }, shutdown_grace_period: 1 },
  });
}

function ask(target: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://localhost${target}`, { ...init, unix: path });
}

describe("a server on a Unix socket", () => {
  test("takes clients and requests", async () => {
    const { program } = await start();
    expect(program.stdout).toContain(path);
    const url = `ws+unix://${path}:/app/${APP.key}?protocol=7`;
    const { client, socketId } = await connectRaw(scope, url);
    const library = serverLibrary({ host: "", port: 0, ...APP });
    client.subscribe({
      channel: "private-x",
      ...library.authorizeChannel(socketId, "private-x"),
    });
    expect((await client.received()).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
    ]);
    const body = '{"name":"e","channel":"private-x","data":"{}"}';
    const target = signRequest("POST", resource("/events"), body);
    const response = await ask(target, { method: "POST", body });
    expect([response.status, await response.text()]).toEqual([200, "{}"]);
    expect((await client.frames.next()).event).toBe("e");
    expect((await ask("/ready")).status).toBe(200);
  });

  test.each([
    ["660 by default", {}, 0o660],
    ["the configured one", { permission_mode: "600" }, 0o600],
  ])("makes its file with a mode, %s", async (_, more, mode) => {
    await start(more);
    expect(statSync(path).isSocket()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  test("removes its file at its end", async () => {
    const { program } = await start();
    const { client } = await connectRaw(scope, `ws+unix://${path}:/app/${APP.key}?protocol=7`);
    program.terminate();
    expect((await client.closed()).code).toBe(4200);
    expect((await program.outcome()).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("starts although a server that crashed has left its file, and says so", async () => {
    const { program } = await start();
    await program.kill();
    expect(existsSync(path)).toBe(true);
    const { program: next } = await start();
    expect(next.stderr).toContain("replaced");
    expect((await ask("/ready")).status).toBe(200);
  });

  /** Starts a server that must refuse to start, and returns what it prints. */
  async function refused(): Promise<string> {
    const config = `${makeDirectory(scope)}/config.json`;
    await Bun.write(config, JSON.stringify({ apps: [APP], unix_socket: { enabled: true, path } }));
    const { code, stdout, stderr } = await run(scope, ["--config", config], {
      directory: makeDirectory(scope),
    });
    expect([code, stdout]).toEqual([1, ""]);
    return stderr;
  }

  test("leaves the socket of a server that lives to it", async () => {
    await start();
    expect(await refused()).toBe(
      `Cannot listen on unix_socket.path "${path}": another server listens there\n`,
    );
    expect((await ask("/ready")).status).toBe(200);
  });

  test("leaves a file that is no socket as it is", async () => {
    await Bun.write(path, "precious");
    expect(await refused()).toStartWith(
      `Cannot listen on unix_socket.path "${path}": there is a file that is no socket`,
    );
    expect(await Bun.file(path).text()).toBe("precious");
  });
});

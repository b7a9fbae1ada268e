// What browsers load from the server: the shim as a script and as a module.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "bun:test";
import { makeDirectory, Program } from "../harness/program.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { httpUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
const [SCRIPT, MODULE] = ["/client/fanwire.js", "/client/fanwire.mjs"];
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile, { config: { cors: { origin: ["https://shop.example"] } } });
});

/** Writes what the server has at the path into a new directory. Returns the file. */
async function download(path: string, directory: string): Promise<string> {
  const file = `${directory}/${path.slice(path.lastIndexOf("/") + 1)}`;
  await Bun.write(file, await fetch(httpUrl(server, path)));
  return file;
}

/** The output of a program that runs this code. A process of its own, since the shim replaces the global WebSocket. */
async function printed(code: string, directory: string): Promise<unknown> {
  const file = `${directory}/program.mjs`;
  await Bun.write(file, code);
  const program = new Program(scope, [process.execPath, file], { directory });
  const { stdout, stderr } = await program.outcome();
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

describe.each([SCRIPT, MODULE])("%s", (path) => {
  test("is JavaScript that pages of every origin may load, also where the API is for one alone", async () => {
    const response = await fetch(httpUrl(server, path), {
      headers: { Origin: "https://other.example" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect((await response.text()).length).toBeGreaterThan(1000);
  });

  test("is below the path prefix too", async () => {
    const prefixed = await startServer(scope, { config: { path_prefix: "/realtime" } });
    const response = await fetch(httpUrl(prefixed, `/realtime${path}`));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(await (await fetch(httpUrl(server, path))).text());
  });
});

test("the module can be imported, exports what applications use, and is at work then", async () => {
  const directory = makeDirectory(scope);
  const file = await download(MODULE, directory);
  const code = `const before = globalThis.WebSocket;
    const { default: none, ...exports } = await import(${JSON.stringify(file)});
    const types = Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value]));
    const installed = globalThis.WebSocket !== before;
    console.log(JSON.stringify({ types, installed, messages: exports.stats().messages }));`;
  expect(await printed(code, directory)).toEqual({
    types: { install: "function", stats: "function", withDelta: "function" },
    installed: true,
    messages: 0,
  });
});

test("the package exports the same module", async () => {
  const root = join(import.meta.dir, "../..");
  const code = `const { install, stats } = await import("fanwire/client");
    console.log(JSON.stringify([typeof install, stats().messages]));`;
  const program = new Program(scope, [process.execPath, "--eval", code], { directory: root });
  const { stdout, stderr } = await program.outcome();
  expect([stdout, stderr]).toEqual(['["function",0]\n', ""]);
  const served = await (await fetch(httpUrl(server, MODULE))).text();
  expect(await Bun.file(join(root, "dist/client/fanwire.mjs")).text()).toBe(served);
});

test("the script gives Fanwire to who loads it", async () => {
  const directory = makeDirectory(scope);
  const file = await download(SCRIPT, directory);
  const code = `await import(${JSON.stringify(file)});
    console.log(JSON.stringify(Object.keys(globalThis.Fanwire)));`;
  expect(await printed(code, directory)).toEqual(["install", "stats", "withDelta"]);
});

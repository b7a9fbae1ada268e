import { describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { freePort } from "../harness/brokers/free-port.ts";
import { makeDirectory, type Outcome, run } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { launch, listening, startServer } from "../harness/server.ts";
import { APP } from "../harness/target.ts";
import { makeCertificate } from "./certificate.ts";

const scope = testScope();

/** Runs the command in an empty directory. */
function health(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return run(scope, ["health", ...args], { directory: makeDirectory(scope), env });
}

/** Starts a server with this configuration on a free port. Returns the path of its file. */
async function startWith(config: Readonly<Record<string, unknown>>, host = "127.0.0.1") {
  const file = `${makeDirectory(scope)}/config.json`;
  const port = await freePort();
  await Bun.write(file, JSON.stringify({ host, port, apps: [APP], ...config }));
  const program = launch(scope, ["--config", file], { directory: makeDirectory(scope) });
  await listening(program);
  return { file, port, program };
}

describe("fanwire health finds the server", () => {
  test.each([
    ["on its port", {}, "127.0.0.1"],
    ["on every address", {}, "0.0.0.0"],
    ["on every address of IPv6", {}, "::"],
    ["on an address of IPv6", {}, "::1"],
    ["under a prefix of its paths", { path_prefix: "/realtime" }, "127.0.0.1"],
  ])("%s", async (_, config, host) => {
    const { file } = await startWith(config, host);
    const outcome = await health(["--config", file]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toMatch(/^http:\S+ is ready\n$/);
  });

  test("behind a certificate of another name", async () => {
    const directory = makeDirectory(scope);
    const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
    makeCertificate(files);
    const ssl = { enabled: true, cert_path: files.cert, key_path: files.key };
    const { file, port } = await startWith({ ssl });
    expect(await health(["--config", file])).toMatchObject({ code: 0, stderr: "" });
    // Another server's certificate is verified.
    const url = ["--url", `https://127.0.0.1:${port}`];
    expect((await health(url)).code).toBe(1);
    expect(await health([...url, "--ca", files.cert])).toMatchObject({ code: 0, stderr: "" });
    expect(await health([...url, "--insecure"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("on a Unix socket", async () => {
    const path = `${makeDirectory(scope)}/fanwire.sock`;
    const unix_socket = { enabled: true, path };
    const { file } = await startWith({ unix_socket, path_prefix: "/realtime" });
    expect(await health(["--config", file])).toEqual({
      code: 0,
      stdout: `${path} is ready\n`,
      stderr: "",
    });
  });

  test("by the environment, and never by way of a proxy", async () => {
    const { file, port } = await startWith({});
    const proxy = `http://127.0.0.1:${await freePort()}`;
    const proxies = { HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy };
    for (const env of [{ FANWIRE_CONFIG: file }, { PORT: String(port) }])
      expect(await health([], { ...proxies, ...env })).toMatchObject({ code: 0, stderr: "" });
  });

  test("by --port, by --host and by --url", async () => {
    const { port } = await startServer(scope);
    for (const args of [
      ["--port", String(port)],
      ["--host", "localhost", "--port", String(port)],
      ["--url", `http://127.0.0.1:${port}/`],
    ])
      expect(await health(args)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("fanwire health exits with 1 and a sentence", () => {
  test("while the server drains", async () => {
    const { file, program } = await startWith({ shutdown_delay: 5 });
    program.terminate();
    const outcome = await until(async () => {
      const each = await health(["--config", file]);
      return each.code === 0 ? null : each;
    }, "the command to tell of the drain");
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome?.stderr).toMatch(/^http:\S+ is not ready, it answered 503: DRAINING\n$/);
  });

  test("when the server does not answer", async () => {
    const { file, program } = await startWith({});
    program.signal("SIGSTOP");
    expect((await health(["--config", file])).stderr).toMatch(
      /^Cannot reach http:\S+: no answer within 5 s\n$/,
    );
    await program.kill();
    const outcome = await health(["--config", file]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/^Cannot reach http:\S+: [^\n]+\n$/);
  });

  test.each([
    [["--port", "0"], "Cannot find the server: port is 0"],
    [["now"], "Usage: fanwire health"],
    [["--prot", "1"], 'Cannot read option "--prot"'],
    [["--url", "elsewhere"], 'Cannot use url "elsewhere"'],
    [["--url", "http://127.0.0.1:1", "--port", "1"], "Cannot use --url with"],
    [["--config", "/nowhere.json"], "/nowhere.json"],
    [["--ca", "/nowhere.pem"], 'Cannot read --ca "/nowhere.pem"'],
  ])("for %j", async (args, sentence) => {
    const { code, stdout, stderr } = await health(args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(sentence);
  });
});

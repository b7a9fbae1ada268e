// `fanwire config check` on this machine: it finds what a start would, before the start.
import { mkdirSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "bun:test";
import { makeDirectory, type Outcome, run } from "../harness/program.ts";
import { testScope } from "../harness/scope.ts";
import { launch, startServer } from "../harness/server.ts";
import { APP } from "../harness/target.ts";
import { makeCertificate } from "./certificate.ts";

const scope = testScope();
let directory: string;

beforeEach(() => {
  directory = makeDirectory(scope);
});

function check(
  config: Readonly<Record<string, unknown>>,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const text = JSON.stringify({ host: "127.0.0.1", port: 0, apps: [APP], ...config });
  writeFileSync(`${directory}/c.json`, text.replaceAll("HERE", directory));
  return run(scope, ["config", "check", "--config", "c.json", ...args], { directory, env });
}

function makeFiles(): void {
  makeCertificate({ cert: `${directory}/cert.pem`, key: `${directory}/key.pem` });
  makeCertificate({ cert: `${directory}/other.pem`, key: `${directory}/other-key.pem` });
  const encrypt = [
    "pkey",
    "-in",
    "key.pem",
    "-aes256",
    "-passout",
    "pass:geheim",
    "-out",
    "locked.pem",
  ];
  expect(Bun.spawnSync(["openssl", ...encrypt], { cwd: directory }).exitCode).toBe(0);
  writeFileSync(`${directory}/text.pem`, "no PEM");
  mkdirSync(`${directory}/folder`);
}

const ssl = (cert: string, key: string, more: object = {}): Record<string, unknown> => ({
  ssl: { enabled: true, cert_path: `HERE/${cert}`, key_path: `HERE/${key}`, ...more },
});
const socket = (path: string): Record<string, unknown> => ({
  unix_socket: { enabled: true, path },
});

describe("fanwire config check refuses what a start would", () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      "workers on a Unix socket",
      { workers: 4, ...socket("HERE/f.sock") },
      "Cannot start 4 workers: processes cannot share a Unix socket",
    ],
    [
      "a certificate that is not there",
      ssl("none.pem", "key.pem"),
      'none.pem": there is no such file',
    ],
    ["a key that is not there", ssl("cert.pem", "none.pem"), 'none.pem": there is no such file'],
    ["a certificate that is a directory", ssl("folder", "key.pem"), "it is a directory"],
    [
      "a certificate that is none",
      ssl("text.pem", "key.pem"),
      "it is no certificate, it must be PEM",
    ],
    ["a key that is none", ssl("cert.pem", "cert.pem"), "it is no private key, it must be PEM"],
    [
      "the key of another certificate",
      ssl("cert.pem", "other-key.pem"),
      "it is not the key of the certificate",
    ],
    ["a key without its passphrase", ssl("cert.pem", "locked.pem"), "ssl.passphrase must be given"],
    [
      "a wrong passphrase",
      ssl("cert.pem", "locked.pem", { passphrase: "x" }),
      "ssl.passphrase does not open it",
    ],
    [
      "authorities that are not there",
      ssl("cert.pem", "key.pem", { ca_path: "HERE/none.pem" }),
      "ssl.ca_path",
    ],
    ["a host that cannot be one", { host: "256.1.1.1" }, 'Cannot listen on host "256.1.1.1"'],
    ["an address of another machine", { host: "192.0.2.1" }, 'Cannot listen on host "192.0.2.1"'],
    [
      "one for the metrics",
      { metrics: { enabled: true, host: "192.0.2.1" } },
      "Cannot listen on metrics.host",
    ],
    ["a socket in no directory", socket("HERE/none/f.sock"), "there is no directory"],
    ["a socket in a file", socket("HERE/text.pem/f.sock"), "Cannot use unix_socket.path"],
    [
      "a file where the socket should be",
      socket("HERE/text.pem"),
      "there is a file that is no socket",
    ],
    [
      "a path too long for a socket",
      socket(`HERE/${"x".repeat(100)}`),
      "it is longer than 107 bytes",
    ],
    ["a file without apps", { apps: [] }, "c.json: Cannot find an app"],
    ["a driver that is not here", { adapter: { driver: "kafka" } }, 'adapter.driver "kafka"'],
    ["a port out of range", { port: 70_000 }, "port 70000"],
  ])("%s", async (_, config, sentence) => {
    makeFiles();
    const { code, stdout, stderr } = await check(config);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("all at once", async () => {
    const { code, stderr } = await check({
      host: "192.0.2.1",
      ...ssl("a", "b"),
      apps: [],
    });
    expect([code, stderr.trim().split("\n").length]).toEqual([2, 4]);
  });
});

describe("fanwire config check takes what a start would", () => {
  test.each<[string, Record<string, unknown>]>([
    ["a certificate and its key", ssl("cert.pem", "key.pem")],
    ["a locked key with its passphrase", ssl("cert.pem", "locked.pem", { passphrase: "geheim" })],
    ["a socket", socket("HERE/f.sock")],
    ["every address", { host: "::" }],
    ["a name", { host: "localhost" }],
  ])("%s", async (_, config) => {
    makeFiles();
    expect(await check(config)).toMatchObject({ code: 0, stdout: "c.json is valid\n", stderr: "" });
  });

  test("a port on which a server runs: most likely this one", async () => {
    const { port } = await startServer(scope);
    expect((await check({ port })).code).toBe(0);
  });

  test("the options of a start", async () => {
    expect((await check({ apps: [] }, ["--app", "1:abc:def", "--port", "0"])).code).toBe(0);
    expect((await check({}, ["--workers", "3"])).code).toBe(0);
    expect((await check({}, ["--workers", "none"])).code).toBe(2);
  });
});

describe("fanwire config check warns", () => {
  test("of webhooks that would not be sent", async () => {
    const urls = [
      "http://10.1.2.3/x?token=geheim",
      "http://localhost:3000/",
      "https://[::1]/",
      "http://192.0.2.7/",
    ];
    const app = { ...APP, webhooks: urls.map((url) => ({ url })) };
    const { code, stderr } = await check({ apps: [app] });
    expect(code).toBe(0);
    for (const host of ["10.1.2.3", "localhost:3000", "[::1]", "192.0.2.7"])
      expect(stderr).toContain(`Warning: a webhook will not be sent: Cannot deliver to "${host}"`);
    expect(stderr).toContain("webhooks.allow_private_addresses");
    expect(stderr).not.toContain("geheim");
    const allowed = { apps: [app], webhooks: { allow_private_addresses: true } };
    expect((await check(allowed)).stderr).toBe("");
  });

  test("of variables of ours that there are none of, with the nearest", async () => {
    const env = {
      FANWIRE_PROT: "geheim",
      FANWIRE_MAX_CONECTIONS: "1",
      FANWIRE_QQQQQQQQQQ: "1",
      FANWIRE_SERVICE_HOST: "10.0.0.1",
      FANWIRE_METRICS_PORT_9601_TCP_ADDR: "10.0.0.1",
      FANWIRE_HOST: "127.0.0.1",
    };
    const { code, stderr } = await check({}, [], env);
    expect(code).toBe(0);
    expect(stderr.trim().split("\n")).toEqual([
      "Warning: environment: FANWIRE_PROT has no effect: no option has this variable, did you mean FANWIRE_PORT",
      "Warning: environment: FANWIRE_MAX_CONECTIONS has no effect: no option has this variable, did you mean FANWIRE_MAX_CONNECTIONS",
      "Warning: environment: FANWIRE_QQQQQQQQQQ has no effect: no option has this variable",
    ]);
  });

  test("of TLS on a Unix socket", async () => {
    const { code, stderr } = await check({ ...ssl("c", "k"), ...socket("HERE/f.sock") });
    expect([code, stderr]).toEqual([
      0,
      "Warning: ssl has no effect: there is no TLS on a Unix socket\n",
    ]);
  });

  test("of a certificate that has expired", async () => {
    const made = Bun.spawnSync(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -not_before 20200101000000Z -not_after 20200102000000Z -subj /CN=x -keyout key.pem -out cert.pem".split(
        " ",
      ),
      { cwd: directory },
    );
    // Only OpenSSL from 3.4 on makes one.
    if (made.exitCode !== 0) return;
    const { code, stderr } = await check(ssl("cert.pem", "key.pem"));
    expect(code).toBe(0);
    expect(stderr).toContain("has expired");
  });
});

test("what a file holds is quoted so that no terminal obeys it", async () => {
  const { code, stdout, stderr } = await check({
    "\u001b]0;x\u0007\u009b31m\u202e": 1,
    host: "a\u001b[31m\u007f\u202e\nfaked",
  });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^[\x20-\x7e\n]*$/);
  expect(stderr.trim().split("\n")).toHaveLength(2);
});

test("a start says the same as the check, and does not start", async () => {
  makeFiles();
  const { stderr } = await check(ssl("cert.pem", "other-key.pem"));
  const start = await run(scope, ["--config", "c.json"], { directory });
  expect([start.code, start.stdout, start.stderr]).toEqual([2, "", stderr]);
});

describe("with log.format = json", () => {
  const JSON_LOG = { log: { format: "json" } };

  function linesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  test.each<[string, Record<string, unknown>, readonly string[], string]>([
    ["a mistake", { ...JSON_LOG, activity_timeout: "soon" }, [], "activity_timeout"],
    [
      "an obstacle",
      { ...JSON_LOG, workers: 2, unix_socket: { enabled: true, path: "/tmp/f.sock" } },
      [],
      "Cannot start 2 workers",
    ],
    [
      "an address that is not here",
      { ...JSON_LOG, host: "192.0.2.1" },
      [],
      "Cannot listen on 192.0.2.1:0",
    ],
  ])("a start that fails says so in JSON: %s", async (_, config, args, reason) => {
    await check(config);
    const { code, stdout, stderr } = await run(scope, ["--config", "c.json", ...args], {
      directory,
    });
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe("");
    const lines = linesOf(stderr);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: "error", msg: "not started" });
    expect(String(lines[0]?.["reason"])).toContain(reason);
  });

  test("so does one with an option that there is none of, by the variable and by the file", async () => {
    const env = { FANWIRE_LOG_FORMAT: "json" };
    const byVariable = await run(scope, ["--prot", "1"], { directory, env });
    writeFileSync(`${directory}/fanwire.toml`, 'log.format = "json"');
    const byFile = await run(scope, ["--prot", "1"], { directory });
    for (const { code, stdout, stderr } of [byVariable, byFile]) {
      expect([code, stdout]).toEqual([2, ""]);
      expect(linesOf(stderr)[0]).toMatchObject({ level: "error", msg: "not started" });
    }
  });

  test("a server writes JSON alone, with a line for where it listens in place of the banner", async () => {
    await check({ ...JSON_LOG, metrics: { enabled: true, port: 0 }, history: { enabled: true } });
    const program = launch(scope, ["--config", "c.json"], {
      directory,
      env: { FANWIRE_PROT: "1", FANWIRE_LOG_LEVEL: "warn" },
    });
    await program.says(/listening.*\n/);
    program.terminate();
    const { code, stdout, stderr } = await program.outcome();
    expect(code).toBe(0);
    const [listening, ...more] = linesOf(stdout);
    expect(more).toEqual([]);
    expect(listening).toMatchObject({ level: "info", msg: "listening", address: "127.0.0.1" });
    for (const name of ["port", "metrics_port", "capacity"])
      expect(listening?.[name]).toBeGreaterThan(0);
    expect(listening?.["version"]).toMatch(/^\d+\.\d+\.\d+/);
    expect(linesOf(stderr).map(({ msg }) => msg)).toEqual(["configuration", "configuration"]);
  });

  test("a development server writes JSON alone, without its secret", async () => {
    const program = launch(scope, ["--host", "127.0.0.1", "--port", "0"], {
      directory,
      env: { FANWIRE_LOG_FORMAT: "json" },
    });
    await program.says(/listening.*\n/);
    const [listening] = linesOf(program.stdout);
    expect(listening?.["development_app"]).toMatch(/^\d+$/);
    const { secret } = await Bun.file(
      `${directory}/fanwire/development-${String(listening?.["port"])}.json`,
    ).json();
    expect(program.stdout).not.toContain(secret);
    program.terminate();
    await program.outcome();
    for (const line of linesOf(program.stdout + program.stderr)) expect(line["msg"]).toBeString();
  });
});

// `fanwire tail` and `fanwire publish` against servers and publishers of every kind.
import { beforeEach, describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { EXECUTABLE, makeDirectory, type Outcome, Program, run } from "../harness/program.ts";
import { connectRaw, subscribeRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { APP } from "../harness/target.ts";
import { makeCertificate } from "./certificate.ts";

const scope = testScope();
const CREDENTIALS = ["--app", `${APP.id}:${APP.key}:${APP.secret}`];
/** A title, the clipboard, a deletion, C1, a line of its own, a turn of the writing direction, a line of Unicode. */
const HOSTILE = "\u001b]0;x\u0007\u001b]52;c;eA==\u0007\u007f\u009b31m\n12:00 faked\r\u202e\u2028";
const SHOWN = String.raw`\u001b]0;x\u0007\u001b]52;c;eA==\u0007\u007f\u009b31m\n12:00 faked\r\u202e\u2028`;

function startTail(url: string, channel: string, ...options: readonly string[]): Program {
  return new Program(
    scope,
    [EXECUTABLE, "tail", channel, ...CREDENTIALS, "--url", url, ...options],
    {
      directory: makeDirectory(scope),
    },
  );
}

function publish(url: string, args: readonly string[], input?: string): Promise<Outcome> {
  return run(scope, ["publish", ...CREDENTIALS, "--url", url, ...args], {
    directory: makeDirectory(scope),
    ...(input === undefined ? {} : { input }),
  });
}

function expectHarmless({ stdout, stderr }: Pick<Outcome, "stdout" | "stderr">): void {
  expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  expect(stderr).toMatch(/^[\x20-\x7e\n]*$/);
}

describe("with a server", () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    server = await startServer(scope);
    url = `http://${server.host}:${server.port}`;
  });

  async function join(userId: string, info: Readonly<Record<string, unknown>>) {
    const { client, socketId } = await connectRaw(scope, server);
    const signed = serverLibrary(server).authorizeChannel(socketId, "presence-x", {
      user_id: userId,
      user_info: info,
    });
    client.subscribe({
      channel: "presence-x",
      auth: signed.auth,
      channel_data: signed.channel_data ?? "",
    });
    await client.received();
    return client;
  }

  test("tail shows what a terminal would obey as escapes, each event on one line", async () => {
    const tail = startTail(url, "presence-x");
    await tail.says(/listening to/);
    const client = await join(`u${HOSTILE}`, { name: HOSTILE });
    client.send({ event: `client-${HOSTILE}`, data: HOSTILE, channel: "presence-x" });
    await client.received();
    const { code, stdout } = await publish(url, ["presence-x", HOSTILE, HOSTILE]);
    expect([code, stdout]).toEqual([0, `published ${SHOWN} to presence-x\n`]);
    await tail.says(/faked.*\n.*faked.*\n.*faked.*\n/);
    const [joined = "", sent = "", published = ""] = tail.stdout.split("\n");
    expect(joined).toContain(` joined u${SHOWN} {"name":`);
    expect(sent).toEndWith(` client-${SHOWN} u${SHOWN} ${SHOWN}`);
    expect(published).toEndWith(` ${SHOWN} ${SHOWN}`);
    expectHarmless(tail);
  });

  test("tail prints the members of a presence channel: who is there, who comes, who goes", async () => {
    await join("alice", { name: "A" });
    const tail = startTail(url, "presence-x");
    await tail.says(/ here alice \{"name":"A"\}\n/);
    const bob = await join("bob", {});
    await tail.says(/ joined bob \{\}\n/);
    bob.terminate();
    await tail.says(/ left bob\n/);
    expect(tail.stdout).not.toContain("fanwire-tail");
  });

  test("tail connects again when the server is back", async () => {
    const tail = startTail(url, "news");
    await tail.says(/listening to/);
    server.program.terminate();
    await tail.says(/ended with 4200 .*the server is stopping.*connecting again at once\n/);
    await server.program.outcome();
    await startServer(scope, { port: server.port });
    await tail.says(/listening to[^]*listening to/);
    await publish(url, ["news", "e", "1"]);
    await tail.says(/ e 1\n/);
  });

  test.each([
    ["as it is", '{"text":"hello"}', '{"text":"hello"}'],
    ["without its last line end", "several\nlines\n", "several\nlines"],
    ["when it is empty", "", ""],
  ])("publish takes standard input, %s", async (_, input, data) => {
    const { client } = await subscribeRaw(scope, server, "news");
    expect((await publish(url, ["news", "e", "-"], input)).code).toBe(0);
    expect(await client.frames.next()).toMatchObject({ event: "e", data });
  });

  test("publish refuses plaintext on an encrypted channel, and takes what is encrypted", async () => {
    const channel = "private-encrypted-x";
    for (const [data, input] of [["hello"], ["-", "hello"]] as const) {
      const { code, stderr } = await publish(url, [channel, "e", data], input);
      expect([code, stderr.split(":")[0]]).toEqual([2, `Cannot publish to "${channel}"`]);
    }
    const encrypted = '{"nonce":"bm9uY2U=","ciphertext":"Y2lwaGVy"}';
    expect((await publish(url, [channel, "e", encrypted])).code).toBe(0);
  });
});

describe("with a certificate that nobody has signed", () => {
  test("tail and publish want --ca or --insecure", async () => {
    const directory = makeDirectory(scope);
    const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
    makeCertificate(files);
    const { port } = await startServer(scope, {
      config: { ssl: { enabled: true, cert_path: files.cert, key_path: files.key } },
    });
    const url = `https://127.0.0.1:${port}`;
    const distrustful = await startTail(url, "news").outcome();
    expect(distrustful.code).toBe(1);
    expect(distrustful.stderr).toContain("give --ca FILE, or --insecure to take any");
    expect((await publish(url, ["news", "e", "1"])).code).toBe(1);
    for (const trust of [["--insecure"], ["--ca", files.cert]]) {
      const tail = startTail(url, "news", ...trust);
      await tail.says(/listening to/);
      expect((await publish(url, ["news", "e", "1", ...trust])).code).toBe(0);
      await tail.says(/ e 1\n/);
    }
  });
});

/** A server that closes each connection with a given code. */
interface Closer {
  readonly url: string;
  /** When connections were made. */
  readonly timesMs: readonly number[];
}

/** Ends each connection with the code, after the handshake when `established`. */
function startCloser(code: number, established: boolean, reason: string): Closer {
  const timesMs: number[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) =>
      self.upgrade(request) ? undefined : new Response("", { status: 400 }),
    websocket: {
      open(ws) {
        timesMs.push(performance.now());
        const data = '{"socket_id":"1.1","activity_timeout":120}';
        if (established) ws.send(JSON.stringify({ event: "pusher:connection_established", data }));
        else ws.close(code, reason);
      },
      message: (ws) => ws.close(code, reason),
    },
  });
  scope.add(() => server.stop(true));
  return { url: `http://127.0.0.1:${server.port}`, timesMs };
}

describe("a close, by its code", () => {
  test.each([4000, 4001, 4004, 4009, 4099, 4300, 4999])("%i is final", async (code) => {
    const closer = startCloser(code, true, HOSTILE.slice(0, 20));
    const outcome = await startTail(closer.url, "news").outcome();
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`has ended with ${code} `);
    expect(closer.timesMs).toHaveLength(1);
    expectHarmless(outcome);
  });

  test.each([
    [4100, true, 1000],
    [4199, false, 1000],
    [4200, true, 0],
    [4201, true, 0],
    [4200, false, 1000],
    [1001, true, 1000],
  ])(
    "%i, after a handshake: %p, leads to another connection in %i ms",
    async (code, established, waitMs) => {
      const { url, timesMs } = startCloser(code, established, "");
      startTail(url, "news");
      await until(() => timesMs.length >= 2, "the second connection");
      const [first = 0, second = 0] = timesMs;
      expect(second - first).toBeWithin(waitMs - 50, waitMs + 900);
    },
  );

  test("pauses grow while the server takes nobody", async () => {
    const { url, timesMs } = startCloser(4100, false, "");
    startTail(url, "news");
    await until(() => timesMs.length >= 3, "the third connection");
    const [, second = 0, third = 0] = timesMs;
    expect(third - second).toBeGreaterThan(1900);
  });

  test("nobody there is an error, and no reason to wait", async () => {
    const { code, stderr } = await startTail("http://127.0.0.1:1", "news").outcome();
    expect(code).toBe(1);
    expect(stderr).toContain("nobody listens there");
  });
});

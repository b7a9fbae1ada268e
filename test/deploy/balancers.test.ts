import { describe, expect, test } from "bun:test";
import { CONNECTION_OPTIONS } from "../../src/config/options/connections.ts";
import { call } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { isObject } from "../harness/json.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import { connectPusher, listen, type Received, subscribe } from "../harness/pusher-client.ts";
import { connectRaw, type Frame, RawClient, subscribeRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { APP, resource, type Target } from "../harness/target.ts";
import { BALANCERS, nginxCommand, startBalancer } from "./balancers.ts";
import { deployText } from "./tools.ts";

const scope = testScope();
const NAMES = Object.keys(BALANCERS);

/** Two nodes behind a balancer, and the address of the balancer. */
async function cluster(
  name: string,
  shutdown_delay = 1,
): Promise<readonly [Target, Server, Server]> {
  const config = { shutdown_delay, shutdown_grace_period: 1, trusted_proxies: ["127.0.0.1"] };
  const [first, second] = await Promise.all([
    startServer(scope, { config, app: { enable_subscription_count: true } }),
    startServer(scope, { config, app: { enable_subscription_count: true } }),
  ]);
  const port = await startBalancer(scope, name, [first.port, second.port]);
  return [{ host: "127.0.0.1", port, ...APP }, first, second];
}

/** How many clients a node has on the channel. */
async function subscriptionsOn(node: Target, channel: string): Promise<number> {
  const path = resource(`/channels/${channel}`);
  const parameters = { info: "subscription_count" };
  const answer: unknown = await (await call(node, "GET", path, { signing: { parameters } })).json();
  return isObject(answer) ? Number(answer["subscription_count"] ?? 0) : 0;
}

/** What a client hears first: an event, or the code that its connection ends with. With 4200 a client connects again at once. */
async function welcome(client: RawClient): Promise<string> {
  const heard: string[] = [];
  await until(() => {
    heard.push(...client.frames.take().map(({ event }) => event));
    if (client.endCode !== null) heard.push(String(client.endCode));
    return heard.length > 0;
  }, "a welcome");
  client.terminate();
  return heard[0] ?? "";
}

describe.each(NAMES)("through %s", (name) => {
  test("pusher-js, a WebSocket and a signed publish reach the nodes", async () => {
    const [front, first, second] = await cluster(name);
    const channel = await subscribe(await connectPusher(scope, front), "news");
    const heard = listen(channel, "headline");
    const { client } = await subscribeRaw(scope, front, "news");
    const [library, raw]: [Received[], Frame[]] = [[], []];
    const counts = [await subscriptionsOn(first, "news"), await subscriptionsOn(second, "news")];
    expect(counts.reduce((sum, count) => sum + count)).toBe(2);
    // The nodes are not connected to one another: each publish reaches the clients of one of them.
    await until(async () => {
      await serverLibrary(front).trigger("news", "headline", { text: "hello" });
      library.push(...heard.take());
      raw.push(...client.frames.take());
      return library.length > 0 && raw.length > 0;
    }, "an event for both clients");
    expect(library[0]?.data).toEqual({ text: "hello" });
    expect(raw[0]?.text).toBe(
      '{"event":"headline","data":"{\\"text\\":\\"hello\\"}","channel":"news"}',
    );
  });

  test("no connect and no request is lost while a node stops", async () => {
    const [front, first, second] = await cluster(name);
    const clients = await Promise.all(Array.from({ length: 10 }, () => connectRaw(scope, front)));
    const ends = clients.map(({ client }) => client.closed());
    first.program.terminate();
    const answers = new Set<number>();
    const welcomes = new Set<string>();
    let hasEnded = false;
    const outcome = first.program.outcome().then(({ code }) => {
      hasEnded = true;
      return code;
    });
    for (let more = 10; more > 0; more -= hasEnded ? 1 : 0) {
      const client = new RawClient(scope, front);
      const answer = await call(front, "GET", resource("/channels"));
      answers.add(answer.status);
      welcomes.add(await welcome(client));
      await Bun.sleep(50);
    }
    expect([...answers]).toEqual([200]);
    expect(
      [...welcomes].filter((each) => !/^(pusher:connection_established|4200)$/.test(each)),
    ).toEqual([]);
    expect(await outcome).toBe(0);
    // Its own clients were sent elsewhere with the code for that, and those of the other node have noticed nothing.
    const open = clients.filter(({ client }) => client.isOpen).length;
    expect(open).toBeGreaterThan(0);
    expect(open).toBeLessThan(clients.length);
    second.program.terminate();
    expect(new Set((await Promise.all(ends)).map(({ code }) => code))).toEqual(new Set([4200]));
  });

  test("nodes that live and are not ready get everything where none is ready", async () => {
    const [front, ...nodes] = await cluster(name, 10);
    for (const { program } of nodes) program.terminate();
    // Longer than any balancer takes to notice.
    await Bun.sleep(1000);
    const { client } = await connectRaw(scope, front);
    expect(client.isOpen).toBe(true);
    expect((await call(front, "GET", resource("/channels"))).status).toBe(200);
  });

  test("a node learns the client's address and the host", async () => {
    const seen: Headers[] = [];
    const echo = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch({ headers }) {
        seen.push(headers);
        return new Response("OK");
      },
    });
    scope.add(() => echo.stop(true));
    const node = echo.port ?? 0;
    const port = await startBalancer(scope, name, [node, node]);
    seen.length = 0;
    await fetch(`http://127.0.0.1:${port}/x`, { headers: { "X-Forwarded-For": "203.0.113.9" } });
    const headers = seen.find((each) => each.get("X-Forwarded-For") !== null);
    expect(headers?.get("X-Forwarded-For")?.split(",").at(-1)?.trim()).toBe("127.0.0.1");
    expect(headers?.get("Host")).toBe(`127.0.0.1:${port}`);
  });
});

test("nginx -t finds nothing to complain of", async () => {
  const directory = makeDirectory(scope);
  await BALANCERS["nginx"]?.(directory, 1024, {});
  const command = [...nginxCommand(directory), "-t"];
  const { code, stderr } = await new Program(scope, command, { directory }).outcome();
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/\[(warn|emerg|error)\]/);
});

test.each([
  ["nginx/fanwire.conf", /proxy_read_timeout (\d+)s;/],
  ["nginx/fanwire.conf", /proxy_send_timeout (\d+)s;/],
  ["haproxy/haproxy.cfg", /timeout tunnel (\d+)s/],
  ["helm/fanwire/values.yaml", /proxy-read-timeout: "(\d+)"/],
  ["helm/fanwire/values.yaml", /proxy-send-timeout: "(\d+)"/],
])(
  "%s: a silent WebSocket lives longer than the server needs to ping it, by %s",
  (file, pattern) => {
    const { activityTimeoutSeconds, pongTimeoutSeconds } = CONNECTION_OPTIONS;
    const silenceSeconds = activityTimeoutSeconds.default + pongTimeoutSeconds.default;
    expect(Number(pattern.exec(deployText(file))?.[1])).toBeGreaterThan(silenceSeconds);
  },
);

import { describe, expect, test } from "bun:test";
import { CONNECTION_OPTIONS } from "../../src/config/options/connections.ts";
import { call } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import { connectPusher, listen, subscribe } from "../harness/pusher-client.ts";
import { connectRaw, RawClient, subscribeRaw } from "../harness/raw-client.ts";
import { Scope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { APP, httpUrl, resource, type Target } from "../harness/target.ts";
import { BALANCERS, nginxCommand, startBalancer } from "./balancers.ts";
import { startRedis } from "./redis.ts";
import { deployText } from "./tools.ts";

const NAMES = Object.keys(BALANCERS);

/** A test that runs beside the others of its kind, most of whose time is waiting. It ends what it has started. */
function besideOthers(title: string, run: (scope: Scope) => Promise<void>): void {
  test.concurrent(title, async () => {
    const scope = new Scope();
    try {
      await run(scope);
    } finally {
      await scope.end();
    }
  });
}

/** Two nodes with a bus between them, behind a balancer. */
interface Cluster {
  /** The address of the balancer. */
  readonly front: Target;
  readonly nodes: readonly [Server, Server];
  readonly redis: Program;
}

async function startCluster(scope: Scope, name: string): Promise<Cluster> {
  const { program: redis, port: redisPort } = await startRedis(scope);
  const config = {
    adapter: { driver: "redis", redis: { host: "127.0.0.1", port: redisPort } },
    shutdown_delay: 1,
    shutdown_grace_period: 1,
    trusted_proxies: ["127.0.0.1"],
  };
  const [first, second] = await Promise.all([
    startServer(scope, { config }),
    startServer(scope, { config }),
  ]);
  const port = await startBalancer(scope, name, [first.port, second.port]);
  return { front: { host: "127.0.0.1", port, ...APP }, nodes: [first, second], redis };
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
  besideOthers("pusher-js, WebSockets and a signed publish reach the nodes", async (scope) => {
    const { front } = await startCluster(scope, name);
    const channel = await subscribe(await connectPusher(scope, front), "news");
    const heard = listen(channel, "headline");
    // Enough that both nodes have some of them.
    const raw = await Promise.all(
      Array.from({ length: 8 }, () => subscribeRaw(scope, front, "news")),
    );
    await serverLibrary(front).trigger("news", "headline", { text: "hello" });
    expect((await heard.next()).data).toEqual({ text: "hello" });
    for (const { client } of raw)
      expect((await client.frames.next()).text).toBe(
        '{"event":"headline","data":"{\\"text\\":\\"hello\\"}","channel":"news"}',
      );
  });

  besideOthers("no connect and no request is lost while a node stops", async (scope) => {
    const { front, nodes } = await startCluster(scope, name);
    const [first, second] = nodes;
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
    for (let more = 3; more > 0; more -= hasEnded ? 1 : 0) {
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

  besideOthers(
    "nodes that live and are not ready get everything where none is ready, as without a broker",
    async (scope) => {
      const { front, nodes, redis } = await startCluster(scope, name);
      await redis.kill();
      for (const node of nodes)
        await until(
          async () => (await fetch(httpUrl(node, "/ready"))).status === 503,
          "a red node",
        );
      // Two checks, and some more: by then each balancer has noticed.
      await Bun.sleep(5000);
      const { client } = await connectRaw(scope, front);
      expect(client.isOpen).toBe(true);
      await serverLibrary(front).trigger("news", "headline", {});
    },
  );

  besideOthers("a node learns the client's address and the host", async (scope) => {
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

besideOthers("nginx -t finds nothing to complain of", async (scope) => {
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

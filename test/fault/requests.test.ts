// Unsigned requests cost little each and are limited in a second. Each case here once slowed down every other
// client.
import { beforeEach, describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { UPGRADE } from "../harness/frames.ts";
import { type HttpAnswer, HttpConnection, request } from "../harness/http-connection.ts";
import { scrape } from "../harness/metrics.ts";
import { RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest } from "../harness/signing.ts";
import { APP, httpUrl, socketUrl } from "../harness/target.ts";
import { expectUnfelt, underAttack } from "./attack.ts";
import { type Flood, floodRequests } from "./request-flood.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
let victim: Server;

beforeEach(async () => {
  victim = await startServer(scope);
  scope.add(async () => {
    // The test has used up the allowance of the current second.
    await until(async () => (await fetch(httpUrl(victim, "/"))).ok, "the next second");
    await expectWell(victim);
  });
});

const CHANNELS = `/apps/${APP.id}/channels`;
const FLOOD: Flood = {
  connectionCount: 100,
  bytesPerSecond: 1_000_000,
  chunkBytes: 30_000,
  inBursts: false,
  durationMs: 3000,
};
const BURSTS: Partial<Flood> = { inBursts: true };

function get(target: string, headers = "", method = "GET"): string {
  return request(`${method} ${target}`, headers);
}

/** A request with a signature and this many unsorted parameter names. */
function manyNames(count: number, name: (index: number) => string): string {
  const names = Array.from({ length: count }, (_, index) => name((index * 7919) % count));
  const seconds = Math.floor(Date.now() / 1000);
  const signed = `auth_key=${APP.key}&auth_version=1.0&auth_timestamp=${seconds}&auth_signature=0`;
  return get(`${CHANNELS}/%61?${signed}&${names.join("&")}`);
}

describe("a flood is not felt", () => {
  test.each<[string, string, Partial<Flood>]>([
    ["of /accept-traffic", get("/accept-traffic"), {}],
    ["of the health of an app, in bursts", get(`/up/${APP.id}`), BURSTS],
    ["of paths that there are not, in bursts", "GET /x HTTP/1.1\r\nHost:a\r\n\r\n", BURSTS],
    ["of paths that there are not, a few in each connection", get("/x"), { chunkBytes: 1000 }],
    ["of questions that nobody has signed, in bursts", get(CHANNELS), BURSTS],
    [
      "of questions with a wrong signature, in bursts",
      get(signRequest("GET", CHANNELS, "", { secret: "another" })),
      BURSTS,
    ],
    ["of malformed escapes in the query", get(`${CHANNELS}?${"%&".repeat(7500)}`), {}],
    ["of as many as may be", get(`${CHANNELS}?${"%&".repeat(120)}${"%=%".repeat(1200)}`), {}],
    ["of malformed escapes in the path", get(`/apps/1/${"%/".repeat(7500)}`), {}],
    ["of upgrades with malformed escapes", get(`/app/zz?${"%&".repeat(7500)}`, UPGRADE), {}],
    ["of upgrades that cannot be", get(`/app/${APP.key}?protocol=7`, "Upgrade: websocket\r\n"), {}],
    ["of names to be sorted", manyNames(3300, (index) => index.toString(36)), {}],
    ["of as many names as may be", manyNames(120, (index) => `${index}${"a".repeat(20)}[]=1`), {}],
  ])("%s", async (_, text, differing) => {
    const damage = await underAttack(scope, victim, async () => {
      await floodRequests(scope, victim, text, { ...FLOOD, ...differing });
    });
    expectUnfelt(damage);
  });
});

async function ask(text: string): Promise<HttpAnswer | null> {
  const connection = new HttpConnection();
  await connection.connect(scope, victim);
  return connection.ask(text);
}

describe("requests of one address that nobody has signed", () => {
  const MAX = 250;

  /** The answers to requests that come in one packet, until the connection ends. */
  async function statuses(text: string): Promise<(number | null)[]> {
    const connection = new HttpConnection();
    await connection.connect(scope, victim);
    connection.tcp.write(text.repeat(2 * MAX + 50));
    const got: (number | null)[] = [];
    for (;;) {
      const answer = await connection.answers.next();
      if (answer === null) return got;
      got.push(answer.status);
    }
  }

  test("above the limit are answered with 429, and the connection ends", async () => {
    const got = await statuses(get("/x"));
    // The packet may arrive across the boundary of two seconds.
    expect(got.length).toBeWithin(MAX, 2 * MAX + 2);
    expect(new Set(got.slice(0, -1))).toEqual(new Set([404]));
    expect(got.at(-1)).toBe(429);
    const answer = await ask(get("/"));
    expect(answer).toMatchObject({
      status: 429,
      body: "Too many requests that nobody has signed\n",
    });
    expect(answer?.head).toMatch(/\r\nConnection: close(\r\n|$)/i);
    expect(answer?.head).toMatch(/\r\nRetry-After: 1(\r\n|$)/i);
    const hits = (await scrape(victim)).sum("fanwire_limit_hits_total", {
      limit: "unsigned_requests",
    });
    expect(hits).toBeGreaterThanOrEqual(2);
    await Bun.sleep(1100);
    expect((await ask(get("/")))?.status).toBe(200);
  });

  test("leave those alone that are signed, which never count", async () => {
    await statuses(get("/x"));
    const signed = get(signRequest("GET", CHANNELS, ""));
    const connection = new HttpConnection();
    await connection.connect(scope, victim);
    connection.tcp.write(signed.repeat(2 * MAX));
    for (let count = 0; count < 2 * MAX; count++)
      expect((await connection.answers.next())?.status).toBe(200);
    const health = await fetch(httpUrl(victim, "/up"));
    expect([200, 429]).toContain(health.status);
  });

  test("count when they only say that they are signed", async () => {
    const wrong = get(signRequest("GET", CHANNELS, "", { secret: "another" }));
    const got = await statuses(wrong);
    expect(new Set(got.slice(0, -1))).toEqual(new Set([401]));
    expect(got.at(-1)).toBe(429);
  });

  test("may be as many as is configured", async () => {
    const open = await startServer(scope, {
      config: {
        http_api: {
          max_unsigned_requests_per_address: -1,
          max_unsigned_requests_per_second: -1,
        },
      },
    });
    const connection = new HttpConnection();
    await connection.connect(scope, open);
    for (let count = 0; count < 10 * MAX; count++) {
      // In parts, since the runtime bounds the answers that it queues.
      if (count % 100 === 0) connection.tcp.write(get("/x").repeat(100));
      expect((await connection.answers.next())?.status).toBe(404);
    }
  });
});

const LONG = `a=${"b".repeat(4096)}`;

describe("a request is not read", () => {
  test.each([
    ["length", LONG, "it has more than 4096 characters"],
    ["parameters", "a&".repeat(128), "it has more than 128 parameters"],
  ])("for an upgrade with too much %s, which closes with 4005", async (_, query, text) => {
    const url = `${socketUrl(victim)}&${query}`;
    expect(await new RawClient(scope, url).closed()).toEqual({
      code: 4005,
      reason: `Invalid path or query: ${text}`,
    });
  });

  test.each([
    [
      "above 4,096 characters of path and query",
      `${CHANNELS}?${LONG}`,
      414,
      "it has more than 4096 characters",
    ],
    [
      "above 128 parameters",
      `${CHANNELS}?${"a&".repeat(128)}`,
      400,
      "it has more than 128 parameters",
    ],
    ["above 8 parts of its path", `${CHANNELS}${"/a".repeat(6)}`, 400, "it has more than 8 parts"],
  ])("%s", async (_, target, status, text) => {
    const answer = await ask(get(target));
    expect(answer).toMatchObject({ status, body: `Invalid path or query: ${text}\n` });
    expect(
      (await scrape(victim)).sum("fanwire_limit_hits_total", { limit: "request_target" }),
    ).toBe(1);
  });
});

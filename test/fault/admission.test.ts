import { describe, expect, test } from "bun:test";
import { FrameClient } from "../harness/frame-client.ts";
import type { Closing } from "../harness/frames.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest } from "../harness/signing.ts";
import { httpUrl } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { openFileCount, processorMs } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const OVER_CAPACITY: Closing = { code: 4100, reason: "Over capacity" };

describe("a node with max_connections", () => {
  test("closes one more with 4100, and lets the next in when somebody has left", async () => {
    const victim = await startServer(scope, { config: { max_connections: 3 } });
    const bystander = await startBystander(scope, victim);
    const { client: leaving } = await connectRaw(scope, victim);
    await connectRaw(scope, victim);
    expect(await refusedWith(victim)).toEqual(OVER_CAPACITY);
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_connection_errors_total", { error_type: "over_capacity" })).toBe(1);
    leaving.terminate();
    await untilFigures(victim, (now) => now.sum("fanwire_connected") === 2, "a client to leave");
    await connectRaw(scope, victim);
    expect(await refusedWith(victim)).toEqual(OVER_CAPACITY);
    await bystander.missedNothing();
    await expectWell(victim);
  });
});

describe("an app with max_connections", () => {
  test("has one more closed with 4004, and lets the next in when somebody has left", async () => {
    const victim = await startServer(scope, { app: { max_connections: 2 } });
    const bystander = await startBystander(scope, victim);
    const { client: leaving } = await connectRaw(scope, victim);
    const overQuota = { code: 4004, reason: "Application is over connection quota" };
    expect(await refusedWith(victim)).toEqual(overQuota);
    leaving.terminate();
    await untilFigures(victim, (now) => now.sum("fanwire_connected") === 1, "a client to leave");
    await connectRaw(scope, victim);
    expect(await refusedWith(victim)).toEqual(overQuota);
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_limit_hits_total", { limit: "connections" })).toBe(2);
    expect(figures.sum("fanwire_connection_errors_total")).toBe(2);
    await bystander.missedNothing();
    await expectWell(victim);
  });
});

describe("an address", () => {
  const PROXIED = { trusted_proxies: ["127.0.0.1"] };
  const overQuota = { code: 4100, reason: "Over capacity: too many connections of one address" };

  test("has no more than max_connections_per_address, whatever others have", async () => {
    const config = { max_connections_per_address: 2, ...PROXIED };
    const victim = await startServer(scope, { config });
    const bystander = await startBystander(scope, victim);
    const first = await connectFrom(victim, "192.0.2.1");
    await connectFrom(victim, "192.0.2.1");
    expect(await refusedFrom(victim, "192.0.2.1")).toEqual(overQuota);
    await connectFrom(victim, "192.0.2.2");
    first.tcp.terminate();
    await untilFigures(victim, (now) => now.sum("fanwire_connected") === 3, "a client to leave");
    await connectFrom(victim, "192.0.2.1");
    expect(await refusedFrom(victim, "192.0.2.1")).toEqual(overQuota);
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_limit_hits_total", { limit: "address_connections" })).toBe(2);
    await bystander.missedNothing();
    await expectWell(victim);
  });

  test("that connects too often is refused until its window is over, whatever others do", async () => {
    const window = { max_requests: 3, window_seconds: 2 };
    const rates = { enabled: true, websocket_rate_limit: window, api_rate_limit: window };
    const victim = await startServer(scope, { config: { rate_limiter: rates, ...PROXIED } });
    for (let count = 0; count < 3; count++)
      (await connectFrom(victim, "192.0.2.1")).tcp.terminate();
    expect(await refusedFrom(victim, "192.0.2.1")).toEqual(overQuota);
    await connectFrom(victim, "192.0.2.2");
    await Bun.sleep(window.window_seconds * 1000);
    await connectFrom(victim, "192.0.2.1");
    await expectWell(victim);
  });

  test("that asks the API too often is answered with 429 until its window is over", async () => {
    const window = { max_requests: 3, window_seconds: 2 };
    const rates = { enabled: true, api_rate_limit: window };
    const victim = await startServer(scope, { config: { rate_limiter: rates, ...PROXIED } });
    const from = (address: string): Promise<Response> =>
      fetch(httpUrl(victim, signRequest("GET", `/apps/${victim.id}/channels`, "")), {
        headers: { "X-Forwarded-For": address },
      });
    for (let count = 0; count < 3; count++) expect((await from("192.0.2.1")).status).toBe(200);
    const refused = await from("192.0.2.1");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("Retry-After")).toBe("1");
    expect(await refused.text()).toBe(
      "Too many requests: the maximum is 3 in 2 s for one address\n",
    );
    expect((await from("192.0.2.2")).status).toBe(200);
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_limit_hits_total", { limit: "api_rate" })).toBe(1);
    await Bun.sleep(window.window_seconds * 1000);
    expect((await from("192.0.2.1")).status).toBe(200);
    await expectWell(victim);
  });
});

test("handshakes above max_handshakes_per_second are closed with 4100, and a second later they are taken again", async () => {
  const perSecond = 10;
  const victim = await startServer(scope, { config: { max_handshakes_per_second: perSecond } });
  const bystander = await startBystander(scope, victim);
  const clients = await Promise.all(
    Array.from({ length: 5 * perSecond }, () => connected(victim, "")),
  );
  const closings = await Promise.all(clients.map((client) => firstWord(client)));
  const refused = closings.filter((closing) => closing !== null);
  expect(refused.length).toBeGreaterThan(3 * perSecond);
  expect(refused.length).toBeLessThan(5 * perSecond);
  for (const closing of refused)
    expect(closing).toEqual({
      code: 4100,
      reason: "Over capacity: too many connections at once",
    });
  const figures = await scrape(victim);
  const { length } = refused;
  expect(figures.sum("fanwire_limit_hits_total", { limit: "handshake_rate" })).toBe(length);
  expect(figures.sum("fanwire_connection_errors_total", { error_type: "handshake_rate" })).toBe(
    length,
  );
  await Bun.sleep(1000);
  await connectRaw(scope, victim);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("a process with few open files refuses with 4100 before it has none left, answers HTTP and does not spin", async () => {
  const [openFiles, clientCount] = [128, 200];
  const victim = await startServer(scope, { openFiles });
  const [, capacityText] = await victim.program.says(/Connections +up to (\d+)/);
  const capacity = Number(capacityText);
  expect(capacity).toBeLessThan(openFiles);
  const bystander = await startBystander(scope, victim);

  const clients = Array.from({ length: clientCount }, () => new RawClient(scope, victim));
  const closings = await Promise.all(
    clients.map((client) => Promise.race([client.closed(), client.frames.next().then(() => null)])),
  );
  const admitted = clients.filter((_, index) => closings[index] === null);
  expect(admitted.length).toBe(capacity - 1);
  // Where there is no room for a close frame either, the upgrade itself is refused.
  const refused = closings.filter((each) => each !== null);
  const toldCount = refused.filter(({ code }) => code === OVER_CAPACITY.code).length;
  expect(toldCount).toBeWithin(1, openFiles - capacity);
  for (const closing of refused)
    expect([OVER_CAPACITY, { code: 1006, reason: "" }]).toContainEqual(closing);

  const beforeMs = processorMs(victim.program.pid);
  await Bun.sleep(1000);
  expect(processorMs(victim.program.pid) - beforeMs).toBeLessThan(300);
  expect(openFileCount(victim.program.pid)).toBeLessThan(openFiles);
  expect(victim.program.stderr.match(/limit=capacity/g)).toHaveLength(1);
  await expectWell(victim);

  for (const client of admitted.slice(0, 50)) client.terminate();
  await untilFigures(
    victim,
    (now) => now.sum("fanwire_connected") === capacity - 50,
    "clients to leave",
  );
  for (let count = 0; count < 50; count++) await connectRaw(scope, victim);
  await untilFigures(
    victim,
    (now) => now.sum("fanwire_refused_connections_held") === 0,
    "the refused ones to be gone",
  );
  expect(await refusedWith(victim)).toEqual(OVER_CAPACITY);
  await bystander.missedNothing();
  await expectWell(victim);
});

async function refusedWith(victim: Server): Promise<Closing> {
  return new RawClient(scope, victim).closed();
}

/** Opens a connection as a proxy does, with these headers. */
async function connected(victim: Server, headers: string): Promise<FrameClient> {
  const client = new FrameClient();
  await client.connect(scope, victim, headers);
  return client;
}

async function connectFrom(victim: Server, address: string): Promise<FrameClient> {
  const client = await connected(victim, `X-Forwarded-For: ${address}\r\n`);
  expect(await firstWord(client)).toBeNull();
  return client;
}

async function refusedFrom(victim: Server, address: string): Promise<Closing | null> {
  return firstWord(await connected(victim, `X-Forwarded-For: ${address}\r\n`));
}

/** How the server closes the connection, or null when the handshake comes first. */
function firstWord(client: FrameClient): Promise<Closing | null> {
  return Promise.race([client.closed(), client.messages.next().then(() => null)]);
}

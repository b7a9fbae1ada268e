import { expect, test } from "bun:test";
import { publish } from "../harness/api.ts";
import { FrameClient } from "../harness/frame-client.ts";
import { OPCODE } from "../harness/frames.ts";
import { HttpConnection, request } from "../harness/http-connection.ts";
import { parseObject } from "../harness/json.ts";
import { type Figures, scrape, untilFigures } from "../harness/metrics.ts";
import { type Scope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest, signSignin, signSubscription } from "../harness/signing.ts";
import { resource } from "../harness/target.ts";
import { openFileCount, residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const ROUND_COUNT = 6;
const CLIENT_COUNT = 300;
/** Rounds after which the heap has reached its working size. */
const WARM_ROUND_COUNT = 2;
const MAX_GROWN_BYTES = 24 * 1_048_576;
const GAUGES = ["connected", "active_channels", "users_online", "buffered_bytes"];

/** The ways in which clients leave. */
const LEAVING: readonly ((client: FrameClient) => void)[] = [
  (client) => client.tcp.terminate(),
  (client) => client.tcp.end(),
  (client) => client.send(new Uint8Array([3, 232]), { opcode: OPCODE.close }),
  (client) => client.send("{}", { reserved: 7 }),
  (client) => client.send("{}", { opcode: OPCODE.binary }),
  // In the middle of a frame.
  (client) => {
    client.send("{}", { claimedBytes: 1000 });
    client.tcp.end();
  },
];

test("nothing is left of those who have left: no connection, channel, user or open file", async () => {
  const victim = await startServer(scope, {
    app: { enable_watchlist_events: true, enable_subscription_count: true, max_connections: 290 },
  });
  const openFiles = openFileCount(victim.program.pid);
  const sizes: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round++) {
    await visit(scope, victim);
    await untilFigures(victim, isQuiet, "everybody to be gone");
    sizes.push(residentBytes(victim.program.pid));
  }
  const figures = await scrape(victim);
  for (const gauge of GAUGES) expect([gauge, figures.sum(`fanwire_${gauge}`)]).toEqual([gauge, 0]);
  expect(figures.sum("fanwire_new_connections_total")).toBe(
    figures.sum("fanwire_new_disconnections_total"),
  );
  expect(figures.sum("fanwire_channel_subscriptions_total")).toBe(
    figures.sum("fanwire_channel_unsubscriptions_total"),
  );
  // This test's own requests keep a few connections open.
  await untilFew(victim, openFiles);
  const [warm = 0, last = 0] = [sizes[WARM_ROUND_COUNT - 1], sizes.at(-1)];
  process.stdout.write(
    `${ROUND_COUNT} rounds of ${CLIENT_COUNT} clients: ${sizes.map((size) => Math.round(size / 1e6)).join(", ")} MB\n`,
  );
  expect(last - warm).toBeLessThan(MAX_GROWN_BYTES);
  await expectWell(victim);
});

function isQuiet(figures: Figures): boolean {
  return GAUGES.every((gauge) => figures.sum(`fanwire_${gauge}`) === 0);
}

/** The runtime may take four seconds to give up a connection whose client does not answer. */
async function untilFew(victim: Server, openFiles: number): Promise<void> {
  await untilFigures(
    victim,
    () => openFileCount(victim.program.pid) <= openFiles + 3,
    `${openFiles} open files`,
  );
}

/** Connects clients, ten above the limit, has each use several features, and disconnects them in different ways. */
async function visit(owner: Scope, victim: Server): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CLIENT_COUNT }, (_, index) => enter(owner, victim, index)),
  );
  for (const channel of ["common", "private-room", "presence-room-0", "cache-room"])
    await publish(victim, { name: "e", channel, data: "x".repeat(2000) });
  const halves = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const connection = new HttpConnection();
      await connection.connect(owner, victim);
      connection.tcp.write(
        request(
          `POST ${signRequest("POST", resource("/events"), "{}")}`,
          "Content-Length: 9\r\n",
          "{",
        ),
      );
      return connection;
    }),
  );
  for (const [index, client] of clients.entries()) LEAVING[index % LEAVING.length]?.(client);
  for (const { tcp } of halves) tcp.end();
}

async function enter(owner: Scope, victim: Server, index: number): Promise<FrameClient> {
  const client = new FrameClient();
  await client.connect(owner, victim);
  const hello = await Promise.race([client.messages.next(), client.closed().then(() => null)]);
  // Clients above the limit get no handshake.
  if (hello === null) return client;
  const socketId = String(parseObject(hello["data"])["socket_id"]);
  client.subscribe({ channel: "common" });
  client.subscribe({ channel: `own-${index}` });
  client.subscribe({ channel: "cache-room" });
  client.subscribe(signSubscription(socketId, "private-room"));
  client.subscribe(
    signSubscription(socketId, `presence-room-${index % 5}`, `{"user_id":"${index % 50}"}`),
  );
  client.signIn(
    signSignin(socketId, `{"id":"${index % 70}","watchlist":["${index % 30}","none"]}`),
  );
  client.subscribe({ channel: `#server-to-user-${index % 70}` });
  client.send(`{"event":"client-e","channel":"private-room","data":{"index":${index}}}`);
  return client;
}

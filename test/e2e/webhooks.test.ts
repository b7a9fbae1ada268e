import { describe, expect, test } from "bun:test";
import { FORM, PROCESS_COUNT } from "../harness/form.ts";
import { type Hook, type HookEvent, HookReceiver } from "../harness/hook-receiver.ts";
import { untilFigures } from "../harness/metrics.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, type ServerSettings, startServer } from "../harness/server.ts";
import { APP } from "../harness/target.ts";

const scope = testScope();
/** Short, so that the server closes its clients soon and tells of that before it ends. */
const GRACE_SECONDS = 1;
const library = serverLibrary({ host: "127.0.0.1", port: 0, ...APP });

/** A server whose app sends webhooks here, and what receives them. */
async function start(
  hooks: readonly Readonly<Record<string, unknown>>[] = [{}],
  { app, config }: ServerSettings = {},
): Promise<{ readonly server: Server; readonly receiver: HookReceiver }> {
  const receiver = new HookReceiver(scope, library);
  const webhooks = hooks.map((hook, index) => ({ url: `${receiver.origin}/${index}`, ...hook }));
  const server = await startServer(scope, {
    app: { webhooks, ...app },
    config: {
      shutdown_grace_period: GRACE_SECONDS,
      ...config,
      webhooks: {
        allow_private_addresses: true,
        batching: { enabled: false },
        ...object(config?.["webhooks"]),
      },
    },
  });
  return { server, receiver };
}

function object(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** A raw client that is subscribed. */
async function subscribed(server: Server, channel: string, userId?: string) {
  const { client, socketId } = await connectRaw(scope, server);
  await subscribe(client, socketId, channel, userId);
  return { client, socketId };
}

async function subscribe(
  client: RawClient,
  socketId: string,
  channel: string,
  userId?: string,
): Promise<void> {
  const member = userId === undefined ? undefined : { user_id: userId };
  const { auth, channel_data: data } = library.authorizeChannel(socketId, channel, member);
  client.subscribe({ channel, auth, ...(data === undefined ? {} : { channel_data: data }) });
  const frames = await client.received();
  expect(frames.map(({ event }) => event)).not.toContain("pusher:error");
}

/** Ends the server, which first sends its pending webhooks, and returns those that were not taken yet. */
async function rest({ program }: Server, { hooks }: HookReceiver): Promise<readonly Hook[]> {
  program.terminate();
  expect((await program.outcome()).code).toBe(0);
  return hooks.take();
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function eventsOf(hooks: readonly Hook[]): readonly unknown[] {
  return hooks.flatMap(({ events }) => events);
}

/** What a socket does is told by its own process, all else by the owner of the channel. Each keeps its order. */
function bySource(events: readonly HookEvent[]): readonly (readonly HookEvent[])[] {
  if (FORM === "alone") return [events];
  const isOfSocket = ({ name }: HookEvent): boolean =>
    name === "cache_miss" || name === "client_event";
  return [events.filter(isOfSocket), events.filter((event) => !isOfSocket(event))];
}

/** An endpoint that is told of client events alone: those of a socket come from one process. */
const TALK = { event_types: ["client_event"] };

/** Sends a client event to each channel at once. */
async function talk(server: Server, channels: readonly string[]): Promise<void> {
  const { client, socketId } = await connectRaw(scope, server);
  for (const channel of channels) await subscribe(client, socketId, channel);
  for (const channel of channels) client.send({ event: "client-e", data: {}, channel });
}

describe("a webhook", () => {
  test("tells all seven events, each in a request of its own that the server library accepts", async () => {
    const { server, receiver } = await start([{}], { app: { enable_subscription_count: true } });
    const beforeMs = Date.now();

    await subscribed(server, "cache-a");
    expect(bySource(await receiver.events(3))).toEqual(
      bySource([
        { name: "channel_occupied", channel: "cache-a" },
        { name: "cache_miss", channel: "cache-a" },
        { name: "subscription_count", channel: "cache-a", subscription_count: 1 },
      ]),
    );

    const { client, socketId } = await subscribed(server, "presence-b", "ada");
    client.send({ event: "client-e", data: { a: 1 }, channel: "presence-b" });
    expect(bySource(await receiver.events(3))).toEqual(
      bySource([
        { name: "channel_occupied", channel: "presence-b" },
        { name: "member_added", channel: "presence-b", user_id: "ada" },
        {
          name: "client_event",
          channel: "presence-b",
          event: "client-e",
          data: '{"a":1}',
          socket_id: socketId,
          user_id: "ada",
        },
      ]),
    );

    const leftMs = performance.now();
    client.send({ event: "pusher:unsubscribe", data: { channel: "presence-b" } });
    expect(await receiver.events(2)).toEqual([
      { name: "member_removed", channel: "presence-b", user_id: "ada" },
      { name: "channel_vacated", channel: "presence-b" },
    ]);
    // Delayed by up to 3 seconds, since most clients that lose the network reconnect at once.
    expect(performance.now() - leftMs).toBeWithin(500, 4500);

    await subscribe(client, socketId, "private-c");
    client.send({ event: "client-e", data: "text", channel: "private-c" });
    const events = await receiver.events(3);
    expect(events.find(({ name }) => name === "client_event")).toEqual({
      name: "client_event",
      channel: "private-c",
      event: "client-e",
      data: "text",
      socket_id: socketId,
    });

    await subscribe(client, socketId, "public");
    const hook = await receiver.hooks.next();
    expect(hook.valid).toBe(true);
    expect(hook.timeMs).toBeWithin(beforeMs, Date.now() + 1);
    expect(hook.body).toBe(
      `{"time_ms":${hook.timeMs},"events":[{"name":"channel_occupied","channel":"public"}]}`,
    );
    expect(hook.headers["content-type"]).toBe("application/json");
    expect(hook.headers["x-pusher-key"]).toBe(APP.key);
    expect(hook.headers["x-pusher-signature"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("without batching has one event, however many happen at once", async () => {
    const { server, receiver } = await start();
    const { client } = await subscribed(server, "a");
    for (const channel of ["b", "c", "d", "e"]) client.subscribe({ auth: "", channel });
    await client.received();
    const hooks: Hook[] = [];
    while (hooks.length < 5) hooks.push(await receiver.hooks.next());
    // Channels do not wait for one another.
    expect(hooks.map(({ events }) => events).toSorted(byText)).toEqual(
      ["a", "b", "c", "d", "e"].map((channel) => [{ name: "channel_occupied", channel }]),
    );
  });

  test("has all that happen at once, where nothing is configured", async () => {
    const { server, receiver } = await start([TALK], { config: { webhooks: { batching: {} } } });
    await talk(server, ["private-a", "private-b", "private-c"]);
    const { events, valid } = await receiver.hooks.next();
    expect([events.length, valid]).toEqual([3, true]);
  });

  test("with batching has several, in their order and not more than the size", async () => {
    const batching = { enabled: true, duration: 500, size: 3 };
    const { server, receiver } = await start([TALK], { config: { webhooks: { batching } } });
    const channels = ["a", "b", "c", "d", "e"].map((name) => `private-${name}`);
    await talk(server, channels);
    const [full, late] = [await receiver.hooks.next(), await receiver.hooks.next()];
    expect([full.valid, late.valid]).toEqual([true, true]);
    expect(full.events.map(({ channel }) => channel)).toEqual(channels.slice(0, 3));
    expect(late.events.map(({ channel }) => channel)).toEqual(channels.slice(3));
  });

  test("that is answered with 500 comes again unchanged, and before those behind it", async () => {
    const retry = { initial_backoff_ms: 20, max_backoff_ms: 20 };
    const { server, receiver } = await start([{}], { config: { webhooks: { retry } } });
    receiver.answers.push(500, 302);
    const channel = "presence-a";
    await subscribed(server, channel, "ada");
    const hooks = [];
    while (hooks.length < 4) hooks.push(await receiver.hooks.next());
    const [first, second, third, fourth] = hooks;
    expect(first?.events).toEqual([{ name: "channel_occupied", channel }]);
    for (const again of [second, third]) {
      expect(again?.body).toBe(first?.body);
      for (const name of ["x-pusher-signature", "x-fanwire-delivery"])
        expect(again?.headers[name]).toBe(first?.headers[name]);
    }
    expect(fourth?.events).toEqual([{ name: "member_added", channel, user_id: "ada" }]);
    expect(fourth?.headers["x-fanwire-delivery"]).not.toBe(first?.headers["x-fanwire-delivery"]);
  });

  test("goes where its filters let it, in both spellings", async () => {
    const filters = [
      { filter: { channel_prefix: "private-" } },
      { filter: { channel_name_starts_with: "private-" } },
      { filter: { channel_suffix: "-eu" } },
      { filter: { channel_name_ends_with: "-eu" } },
      { filter: { channel_pattern: "private-*-eu" } },
      { filter: { channel_pattern: "^private-.*-eu$" } },
      { filter: { channel_prefix: "private-", channel_suffix: "-eu" } },
      { event_types: ["channel_vacated"] },
    ];
    const { server, receiver } = await start(filters);
    for (const channel of ["private-a-eu", "private-b", "c-eu", "d"])
      await subscribed(server, channel);
    const hooks = await rest(server, receiver);
    const seen = filters.map((_, index) =>
      hooks
        .filter(({ path }) => path === `/${index}`)
        .flatMap(({ events }) =>
          events.map(({ name, channel }) => `${String(name)} ${String(channel)}`),
        ),
    );
    const pairs = (...channels: readonly string[]): string[] => [
      ...channels.map((channel) => `channel_occupied ${channel}`),
      ...channels.map((channel) => `channel_vacated ${channel}`),
    ];
    const all = ["private-a-eu", "private-b", "c-eu", "d"];
    expect(seen.map((events) => events.toSorted())).toEqual([
      pairs("private-a-eu", "private-b"),
      pairs("private-a-eu", "private-b"),
      pairs("c-eu", "private-a-eu"),
      pairs("c-eu", "private-a-eu"),
      pairs("private-a-eu"),
      pairs("private-a-eu"),
      pairs("private-a-eu"),
      all.map((channel) => `channel_vacated ${channel}`).toSorted(),
    ]);
  });

  test("has the headers that are configured, which cannot replace its own", async () => {
    const headers = { "X-Tenant": "shop", "X-Pusher-Key": "forged", "content-type": "text/plain" };
    const { server, receiver } = await start([{ headers }]);
    await subscribed(server, "a");
    const hook = await receiver.hooks.next();
    expect(hook.valid).toBe(true);
    expect(hook.headers).toMatchObject({
      "x-tenant": "shop",
      "x-pusher-key": APP.key,
      "content-type": "application/json",
    });
  });

  test("is signed with the oldest pair of the app", async () => {
    const receiver = new HookReceiver(scope, library);
    const credentials = [
      { key: APP.key, secret: APP.secret },
      { key: "new-key", secret: "new-secret" },
    ];
    const server = await startServer(scope, {
      config: {
        apps: [{ id: APP.id, credentials, webhooks: [{ url: receiver.origin }] }],
        webhooks: { allow_private_addresses: true },
      },
    });
    await subscribed({ ...server, key: "new-key" }, "a");
    expect(await receiver.hooks.next()).toMatchObject({ valid: true });
  });
});

describe("a channel that is vacated, and a member that goes,", () => {
  test("are not told of when they are back within the grace", async () => {
    const { server, receiver } = await start();
    const { client, socketId } = await subscribed(server, "presence-a", "ada");
    await subscribe(client, socketId, "b");
    expect((await receiver.events(3)).toSorted(byText)).toEqual([
      { name: "channel_occupied", channel: "b" },
      { name: "channel_occupied", channel: "presence-a" },
      { name: "member_added", channel: "presence-a", user_id: "ada" },
    ]);
    for (let times = 0; times < 3; times++) {
      client.send({ event: "pusher:unsubscribe", data: { channel: "presence-a" } });
      client.send({ event: "pusher:unsubscribe", data: { channel: "b" } });
      await subscribe(client, socketId, "presence-a", "ada");
      await subscribe(client, socketId, "b");
    }
    client.send({ event: "pusher:unsubscribe", data: { channel: "b" } });
    await client.received();
    // At the end, only changes that are final are told.
    const events = eventsOf(await rest(server, receiver));
    expect(events).toHaveLength(3);
    expect(events).toContainEqual({ name: "channel_vacated", channel: "b" });
    expect(events).toContainEqual({ name: "channel_vacated", channel: "presence-a" });
    expect(events).toContainEqual({
      name: "member_removed",
      channel: "presence-a",
      user_id: "ada",
    });
  });

  test("are told of once for a user with several connections", async () => {
    const { server, receiver } = await start([{ event_types: ["member_added", "member_removed"] }]);
    const first = await subscribed(server, "presence-a", "ada");
    await subscribed(server, "presence-a", "ada");
    await subscribed(server, "presence-a", "bob");
    // A join that is still queued would be cancelled by the leave.
    const joins = await receiver.events(2);
    first.client.terminate();
    const leaves = eventsOf(await rest(server, receiver));
    expect([...joins, ...leaves].toSorted(byText)).toEqual(
      [
        { name: "member_added", channel: "presence-a", user_id: "ada" },
        { name: "member_added", channel: "presence-a", user_id: "bob" },
        { name: "member_removed", channel: "presence-a", user_id: "ada" },
        { name: "member_removed", channel: "presence-a", user_id: "bob" },
      ].toSorted(byText),
    );
  });
});

test("a missing cached event is told of once by each process for all who miss it", async () => {
  const { server, receiver } = await start([{ event_types: ["cache_miss"] }]);
  const { client: first } = await subscribed(server, "cache-a");
  await subscribed(server, "cache-a");
  await subscribed(server, "cache-a");
  await serverLibrary(server).trigger("cache-a", "e", {});
  await subscribed(server, "cache-a");
  expect(first.isOpen).toBe(true);
  const events = eventsOf(await rest(server, receiver));
  expect(events.length).toBeWithin(1, PROCESS_COUNT + 1);
  expect(events).toEqual(events.map(() => ({ name: "cache_miss", channel: "cache-a" })));
});

test("nothing is told of the channels of users", async () => {
  const { server, receiver } = await start([{}], { app: { enable_subscription_count: true } });
  const { client, socketId } = await connectRaw(scope, server);
  client.signIn(library.authenticateUser(socketId, { id: "ada" }));
  client.subscribe({ auth: "", channel: "#server-to-user-ada" });
  expect((await client.received()).map(({ event }) => event)).toEqual([
    "pusher:signin_success",
    "pusher_internal:subscription_succeeded",
  ]);
  expect(await rest(server, receiver)).toEqual([]);
});

describe("a server that is told to end", () => {
  test("sends first what it has collected and what it has held back", async () => {
    const batching = { enabled: true, duration: 60_000, size: 2 };
    // Without the occupations: one that is still collected would be cancelled by the end of it.
    const hook = { event_types: ["channel_vacated", "client_event"] };
    const { server, receiver } = await start([hook], { config: { webhooks: { batching } } });
    const { client, socketId } = await subscribed(server, "a");
    await subscribe(client, socketId, "private-b");
    client.send({ event: "pusher:unsubscribe", data: { channel: "a" } });
    client.send({ event: "client-e", data: "text", channel: "private-b" });
    await client.received();
    const hooks = await rest(server, receiver);
    expect(hooks.map(({ valid }) => valid)).toEqual(hooks.map(() => true));
    expect(eventsOf(hooks).toSorted(byText)).toEqual([
      { name: "channel_vacated", channel: "a" },
      { name: "channel_vacated", channel: "private-b" },
      {
        name: "client_event",
        channel: "private-b",
        event: "client-e",
        data: "text",
        socket_id: socketId,
      },
    ]);
  });

  test("does not wait for an endpoint that never answers, and says what was lost", async () => {
    const silent = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => Promise.withResolvers<Response>().promise,
    });
    scope.add(() => silent.stop(true));
    const { server } = await start([{ url: `http://127.0.0.1:${silent.port}` }]);
    await subscribed(server, "a");
    server.program.terminate();
    const { code, stderr } = await server.program.outcome();
    expect(code).toBe(0);
    const lost = stderr.matchAll(/webhooks lost.*count=(\d+)/g);
    expect(lost.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(2);
  });
});

test("a private address is refused unless it is allowed, and that is counted and told", async () => {
  const { server, receiver } = await start([{}], {
    config: { webhooks: { allow_private_addresses: false } },
  });
  await subscribed(server, "a");
  await untilFigures(
    server,
    (now) => now.sum("fanwire_webhook_deliveries_total", { outcome: "refused" }) === 1,
    "the webhook to be refused",
  );
  await subscribed(server, "b");
  expect(await rest(server, receiver)).toEqual([]);
  const lines = linesOf(server, "webhook endpoint");
  expect(lines.length).toBeWithin(1, PROCESS_COUNT + 1);
  for (const line of lines)
    expect(line).toMatch(
      /WARN +webhook endpoint refused (?:worker=\d )?app=4711 url=http:.*127\.0\.0\.1 is a loopback address, it must be public unless webhooks\.allow_private_addresses is true/,
    );
});

test("an endpoint that fails and one that works again are told of once each", async () => {
  const retry = { initial_backoff_ms: 1, max_backoff_ms: 1 };
  const { server, receiver } = await start([{ event_types: ["channel_occupied"] }], {
    config: { webhooks: { retry } },
  });
  receiver.answers.push(503, 500, 404);
  await subscribed(server, "a");
  for (let times = 0; times < 4; times++) await receiver.hooks.next();
  await subscribed(server, "b");
  await receiver.hooks.next();
  await rest(server, receiver);
  expect(linesOf(server, "webhook endpoint")).toEqual([
    expect.stringMatching(
      /WARN +webhook endpoint fails (?:worker=\d )?app=4711 url=\S+ reason="status 503"$/,
    ),
    expect.stringMatching(
      /INFO +webhook endpoint works again (?:worker=\d )?app=4711 url=\S+ after_ms=\d+$/,
    ),
  ]);
});

/** What the server has logged of this. */
function linesOf({ program }: Server, what: string): readonly string[] {
  return program.stderr.split("\n").filter((line) => line.includes(what));
}

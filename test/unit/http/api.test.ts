// The routes of the HTTP API.
import { beforeEach, describe, expect, test } from "bun:test";
import { signIn } from "../../../src/hub/users.ts";
import type { App, AppLimits } from "../../../src/protocol/app.ts";
import { md5, sign } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { type Answered, ApiRig, NOW_MS } from "./api-rig.ts";

let rig: ApiRig;

beforeEach(() => {
  rig = new ApiRig();
});

function setUp(given: Partial<App> = {}, limits: Partial<AppLimits> = {}): void {
  rig = new ApiRig(testApp(given, limits));
}

function subscriber(channel: string, userId?: string): TestSocket {
  return rig.subscriber(channel, userId);
}

function call(method: string, path: string, body?: unknown, query?: string): Promise<Answered> {
  return rig.call(method, path, body, query);
}

describe("POST /events", () => {
  test("publishes and answers with the empty object", async () => {
    const socket = subscriber("my-channel");
    const body = { name: "my-event", channels: ["my-channel"], data: "not json" };
    expect(await call("POST", "/apps/3/events", body)).toEqual([200, "{}"]);
    expect(socket.frames).toEqual([
      '{"event":"my-event","data":"not json","channel":"my-channel"}',
    ]);
  });

  test("takes a single channel, as PHP sends it, and delivers once for a name given twice", async () => {
    const socket = subscriber("a");
    await call("POST", "/apps/3/events", { name: "e", channel: "a", data: "1" });
    await call("POST", "/apps/3/events", { name: "e", channels: ["a", "a"], data: "2" });
    expect(socket.take()).toEqual([
      ["e", "1"],
      ["e", "2"],
    ]);
  });

  test("encodes data that is no text once", async () => {
    const socket = subscriber("a");
    await call("POST", "/apps/3/events", { name: "e", channel: "a", data: { x: 1 } });
    expect(socket.take()).toEqual([["e", '{"x":1}']]);
  });

  test("leaves out the socket_id", async () => {
    const [a, b] = [subscriber("a"), subscriber("a")];
    await call("POST", "/apps/3/events", { name: "e", channel: "a", data: "", socket_id: a.id });
    expect([a.take().length, b.take().length]).toEqual([0, 1]);
  });

  test("takes its parameters from the query when there is no body", async () => {
    const socket = subscriber("a");
    const query = "name=e&data=hello&channels[]=a&channels[]=b";
    expect(await call("POST", "/apps/3/events", undefined, query)).toEqual([200, "{}"]);
    expect(socket.take()).toEqual([["e", "hello"]]);
  });

  test("describes each distinct channel when asked", async () => {
    subscriber("presence-a", "1");
    subscriber("presence-a", "1");
    subscriber("b");
    const info = { name: "e", data: "", info: "user_count,subscription_count" };
    const [status, body] = await call("POST", "/apps/3/events", {
      ...info,
      channels: ["presence-a", "b", "presence-c"],
    });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      {
        channels: {
          "presence-a": { user_count: 1, subscription_count: 2 },
          b: { subscription_count: 1 },
          "presence-c": { user_count: 0, subscription_count: 0 },
        },
      },
    ]);
  });

  test("takes 10,240 bytes of data", async () => {
    expect(
      (
        await call("POST", "/apps/3/events", { name: "e", channel: "a", data: "x".repeat(10_240) })
      )[0],
    ).toBe(200);
  });

  const good = { name: "e", channels: ["a"], data: "" };
  test.each([
    [
      { ...good, data: "x".repeat(10_241) },
      413,
      "The data content of this event exceeds the allowed maximum (10240 bytes). See https://pusher.com/docs/channels/server_api/http-api#publishing-events for more info",
    ],
    [{ ...good, data: "é".repeat(5121) }, 413, "The data content of this event exceeds"],
    [{ ...good, name: 7 }, 400, "Expected name parameter to be a string"],
    [{ ...good, name: "" }, 400, "Invalid event name: must be 1 to 200 characters"],
    [{ ...good, name: "x".repeat(201) }, 400, "Invalid event name: must be 1 to 200 characters"],
    [
      { ...good, name: "pusher_internal:member_added" },
      400,
      "Invalid event name: 'pusher_internal:member_added' is reserved",
    ],
    [{ channels: ["a"], data: "" }, 400, "Missing required parameter: name"],
    [{ name: "e", channels: ["a"] }, 400, "Missing required parameter: data"],
    [{ name: "e", data: "" }, 400, "Missing required parameter: channels"],
    [{ ...good, channels: [] }, 400, "Missing required parameter: channels"],
    [{ ...good, channels: [1] }, 400, "Expected channels parameter to be an array of strings"],
    [{ ...good, channels: ["a b"] }, 400, "Invalid channel name"],
    [{ ...good, channels: ["x".repeat(165)] }, 400, "Invalid channel name"],
    [
      { ...good, channels: Array.from({ length: 101 }, (_, index) => `c${index}`) },
      400,
      "Too many channels (101 > 100)",
    ],
    [{ ...good, socket_id: "abc" }, 400, "Invalid socket id"],
    [{ ...good, info: "bogus" }, 400, "info should be a comma separated list of attributes"],
    [{ ...good, info: 7 }, 400, "info should be a comma separated list of attributes"],
    ["[]", 400, "Invalid JSON: the body must be a JSON object"],
    ["{", 400, "Invalid JSON: the body must be a JSON object"],
  ])("refuses %j", async (body, status, message) => {
    const [answered, text] = await call("POST", "/apps/3/events", body);
    expect(answered).toBe(status);
    expect(text).toStartWith(message);
    expect(text).toEndWith("\n");
  });

  test("takes names that applications really use", async () => {
    for (const name of ["App\\Events\\OrderShipped", "client-x", ".order.shipped", "a:b"])
      expect(await call("POST", "/apps/3/events", { ...good, name })).toEqual([200, "{}"]);
  });
});

describe("an idempotency key", () => {
  const event = { name: "e", channel: "a", data: "1" };

  test("publishes once, and gives the first answer again whatever the repeat says", async () => {
    const socket = subscriber("a");
    const body = { ...event, info: "subscription_count", idempotency_key: "k" };
    const first = await call("POST", "/apps/3/events", body);
    subscriber("a");
    expect(await call("POST", "/apps/3/events", body)).toEqual(first);
    expect(await call("POST", "/apps/3/events", { idempotency_key: "k" })).toEqual(first);
    expect(socket.take()).toEqual([["e", "1"]]);
    expect(rig.hub.counters).toMatchObject({ keyedPublishes: 1, repeatedPublishes: 2 });
  });

  test.each([
    ["the header", "k", {}],
    ["the body", null, { idempotency_key: "k" }],
    ["the body, before the header", "other", { idempotency_key: "k" }],
    ["extras", null, { extras: { idempotencyKey: "k" } }],
  ])("may be sent in %s", async (_where, header, members) => {
    const socket = subscriber("a");
    await call("POST", "/apps/3/events", { ...event, idempotency_key: "k" });
    rig.requestKey = header;
    expect(await call("POST", "/apps/3/events", { ...event, ...members })).toEqual([200, "{}"]);
    expect(socket.take()).toHaveLength(1);
  });

  test("can be used again after the publish has failed", async () => {
    const socket = subscriber("a");
    const keyed = { ...event, idempotency_key: "k" };
    expect((await call("POST", "/apps/3/events", { ...keyed, name: "" }))[0]).toBe(400);
    expect(await call("POST", "/apps/3/events", keyed)).toEqual([200, "{}"]);
    expect(socket.take()).toHaveLength(1);
  });

  test("does not count towards the app's rate when it is repeated", async () => {
    setUp({}, { maxApiEventsPerSecond: 1 });
    const keyed = { ...event, idempotency_key: "k" };
    const statuses: number[] = [];
    for (const body of [keyed, keyed, event])
      statuses.push((await call("POST", "/apps/3/events", body))[0]);
    expect(statuses).toEqual([200, 200, 429]);
  });

  const wrong: readonly unknown[] = ["", "x".repeat(129), 7, {}];
  for (const key of wrong)
    test(`${JSON.stringify(key).slice(0, 10)} is refused`, async () => {
      expect(await call("POST", "/apps/3/events", { ...event, idempotency_key: key })).toEqual([
        400,
        "Invalid idempotency key: must be a string of 1 to 128 characters\n",
      ]);
    });

  test("may have 128 characters, and null means none", async () => {
    for (const key of ["x".repeat(128), null])
      expect((await call("POST", "/apps/3/events", { ...event, idempotency_key: key }))[0]).toBe(
        200,
      );
  });

  test("is ignored if the app has the setting off: a repeat is published", async () => {
    setUp({}, { idempotency: false });
    const socket = subscriber("a");
    for (let count = 0; count < 2; count++)
      await call("POST", "/apps/3/events", { ...event, idempotency_key: "k" });
    expect(socket.take()).toHaveLength(2);
  });

  test("is forgotten after its time to live", async () => {
    setUp({}, { idempotencyTtlMs: 1000 });
    const socket = subscriber("a");
    for (const nowMs of [0, 999, 1000]) {
      rig.parts.clock.nowMs = nowMs;
      await call("POST", "/apps/3/events", { ...event, idempotency_key: "k" });
    }
    expect(socket.take()).toHaveLength(2);
  });

  test("over the maximum number displaces the oldest, and that is counted", async () => {
    for (let count = 0; count < 101; count++)
      await call("POST", "/apps/3/events", { ...event, idempotency_key: `k${count}` });
    expect([...rig.hub.counters.limits]).toEqual([["idempotency_memory", 1]]);
  });

  test("identifies one event of a batch, even if two items of a batch have it", async () => {
    const socket = subscriber("a");
    const keyed = { ...event, idempotency_key: "k" };
    const batch = [keyed, { ...event, data: "2" }, keyed, { ...keyed, idempotency_key: "l" }];
    expect(await call("POST", "/apps/3/batch_events", { batch })).toEqual([200, "{}"]);
    expect(socket.take().map(([, data]) => data)).toEqual(["1", "2", "1"]);
    await call("POST", "/apps/3/batch_events", { batch: [keyed, { ...event, data: "3" }] });
    await call("POST", "/apps/3/events", keyed);
    expect(socket.take().map(([, data]) => data)).toEqual(["3"]);
  });

  test("of an event in a batch returns the answer to the first publish", async () => {
    subscriber("a");
    const asking = { ...event, idempotency_key: "k", info: "subscription_count" };
    const first = await call("POST", "/apps/3/batch_events", { batch: [asking] });
    expect(first).toEqual([200, '{"batch":[{"subscription_count":1}]}']);
    subscriber("a");
    expect(await call("POST", "/apps/3/batch_events", { batch: [asking] })).toEqual(first);
    expect(await call("POST", "/apps/3/events", asking)).toEqual([
      200,
      '{"channels":{"a":{"subscription_count":1}}}',
    ]);
  });

  test("of a whole batch does not apply to an event", async () => {
    const socket = subscriber("a");
    rig.requestKey = "k";
    for (const data of ["1", "2"])
      await call("POST", "/apps/3/batch_events", { batch: [{ ...event, data }] });
    expect(socket.take().map(([, data]) => data)).toEqual(["1"]);
    await call("POST", "/apps/3/events", event);
    expect(socket.take()).toHaveLength(1);
  });

  test("that is invalid in one event refuses the batch, and nothing is published", async () => {
    const socket = subscriber("a");
    const batch = [
      { ...event, idempotency_key: "k" },
      { ...event, idempotency_key: "" },
    ];
    expect((await call("POST", "/apps/3/batch_events", { batch }))[0]).toBe(400);
    expect(socket.take()).toEqual([]);
    expect((await call("POST", "/apps/3/batch_events", { batch: batch.slice(0, 1) }))[0]).toBe(200);
    expect(socket.take()).toHaveLength(1);
  });

  test("applies to the deprecated publish endpoint too", async () => {
    const socket = subscriber("a");
    rig.requestKey = "k";
    for (let count = 0; count < 2; count++)
      expect((await call("POST", "/apps/3/channels/a/events", "text", "name=e"))[0]).toBe(202);
    expect(socket.take()).toHaveLength(1);
  });
});

describe("an unsupported parameter of an event is refused by name:", () => {
  const event = { name: "e", channel: "a", data: "1" };

  test.each([
    [{ message_id: "m" }, "message_id"],
    [{ extras: { headers: { a: 1 } } }, "extras.headers"],
    [{ extras: { push: { title: "x" } } }, "extras.push"],
    [{ extras: { ai: { codec: {} } } }, "extras.ai"],
    [{ extras: { own: false } }, "extras.own"],
  ])("%j", async (members, name) => {
    const socket = subscriber("a");
    const refusal: [number, string] = [
      400,
      `Unsupported parameter: ${name} (this server would not deliver it with the event)\n`,
    ];
    expect(await call("POST", "/apps/3/events", { ...event, ...members })).toEqual(refusal);
    const batch = [event, { ...event, ...members }];
    expect(await call("POST", "/apps/3/batch_events", { batch })).toEqual(refusal);
    expect(socket.take()).toEqual([]);
  });

  test("extras that are not an object", async () => {
    expect(await call("POST", "/apps/3/events", { ...event, extras: "x" })).toEqual([
      400,
      "Expected extras parameter to be an object\n",
    ]);
  });

  test.each([
    { message_id: null },
    { extras: null },
    { extras: {} },
    { extras: { headers: {}, ephemeral: true, echo: false, push: null } },
    { delta: true, params: { a: 1 } },
  ])("but not %j, which asks for nothing unsupported", async (members) => {
    expect(await call("POST", "/apps/3/events", { ...event, ...members })).toEqual([200, "{}"]);
  });
});

describe("POST /batch_events", () => {
  const item = { name: "e", channel: "a", data: "1" };

  test("publishes in order", async () => {
    const socket = subscriber("a");
    const batch = [item, { ...item, data: "2" }];
    expect(await call("POST", "/apps/3/batch_events", { batch })).toEqual([200, "{}"]);
    expect(socket.take()).toEqual([
      ["e", "1"],
      ["e", "2"],
    ]);
  });

  test("describes the channels by position if any item asks for it", async () => {
    subscriber("a");
    const batch = [item, { ...item, info: "subscription_count" }];
    expect(await call("POST", "/apps/3/batch_events", { batch })).toEqual([
      200,
      '{"batch":[{},{"subscription_count":1}]}',
    ]);
  });

  test.each([
    [Array.from({ length: 11 }, () => item), 400, "Batch too large (11 > 10)\n"],
    [[{ name: "e", data: "" }], 400, "Missing required parameter: channel\n"],
    [[item, { ...item, data: "x".repeat(10_241) }], 413, "The data content of this event exceeds"],
    [[item, 7], 400, "Expected batch parameter to be an array of events\n"],
    [{}, 400, "Expected batch parameter to be an array of events\n"],
    [undefined, 400, "Missing required parameter: batch\n"],
    [[{ ...item, channel: "a b" }], 400, "Invalid channel name\n"],
  ])("publishes nothing of %j", async (batch, status, message) => {
    const socket = subscriber("a");
    const [answered, text] = await call("POST", "/apps/3/batch_events", { batch });
    expect(answered).toBe(status);
    expect(text).toStartWith(message);
    expect(socket.frames).toEqual([]);
  });
});

describe("GET", () => {
  test("/channels lists the occupied channels as a map", async () => {
    expect(await call("GET", "/apps/3/channels")).toEqual([200, '{"channels":{}}']);
    subscriber("a");
    subscriber("presence-a", "1");
    expect(await call("GET", "/apps/3/channels")).toEqual([
      200,
      '{"channels":{"a":{},"presence-a":{}}}',
    ]);
    expect(
      await call(
        "GET",
        "/apps/3/channels",
        undefined,
        "filter_by_prefix=presence-&info=user_count",
      ),
    ).toEqual([200, '{"channels":{"presence-a":{"user_count":1}}}']);
  });

  test("/channels/NAME describes unoccupied channels too", async () => {
    expect(await call("GET", "/apps/3/channels/a")).toEqual([200, '{"occupied":false}']);
    subscriber("presence-a", "1");
    expect(await call("GET", "/apps/3/channels/presence-a", undefined, "info=user_count")).toEqual([
      200,
      '{"occupied":true,"user_count":1}',
    ]);
  });

  test("/channels/NAME accepts an escaped name", async () => {
    subscriber("a=@,.;b");
    expect(await call("GET", "/apps/3/channels/a%3D%40%2C.%3Bb")).toEqual([
      200,
      '{"occupied":true}',
    ]);
  });

  test("/channels/NAME includes the subscription count if the app has it enabled", async () => {
    setUp({ subscriptionCount: true });
    subscriber("a");
    expect(await call("GET", "/apps/3/channels/a", undefined, "info=subscription_count")).toEqual([
      200,
      '{"occupied":true,"subscription_count":1}',
    ]);
  });

  test("/channels/NAME/users lists distinct users, with ids as strings", async () => {
    expect(await call("GET", "/apps/3/channels/presence-a/users")).toEqual([200, '{"users":[]}']);
    for (const user of ["1", "2", "2"]) subscriber("presence-a", user);
    expect(await call("GET", "/apps/3/channels/presence-a/users")).toEqual([
      200,
      '{"users":[{"id":"1"},{"id":"2"}]}',
    ]);
  });

  test.each([
    [
      "/channels",
      "info=user_count",
      "user_count may only be requested for presence channels - please supply filter_by_prefix begining with presence-\n",
    ],
    [
      "/channels",
      "info=subscription_count&filter_by_prefix=a",
      "subscription_count may not be requested for a list of channels\n",
    ],
    ["/channels", "info=bogus", "info should be a comma separated list of attributes"],
    [
      "/channels/a",
      "info=user_count",
      "Cannot retrieve the user count unless the channel is a presence channel\n",
    ],
    [
      "/channels/a",
      "info=subscription_count",
      "Cannot retrieve the subscription count because subscription counting is not enabled\n",
    ],
    ["/channels/a/users", "", "Users can only be retrieved for presence channels\n"],
    [
      "/channels/presence-a/users",
      "info=user_count",
      "The following query string parameters are extraneous: info\n",
    ],
    ["/channels/a%20b", "", "Invalid channel name\n"],
  ])("%s?%s is refused", async (path, query, message) => {
    const [status, text] = await call("GET", `/apps/3${path}`, undefined, query);
    expect(status).toBe(400);
    expect(text).toStartWith(message);
  });
});

describe("the pipeline", () => {
  test.each([
    ["GET", "/apps/3/nothing", 404],
    ["GET", "/apps/3/events", 405],
    ["DELETE", "/apps/3/channels/a", 405],
    ["GET", "/apps/other/channels", 404],
    ["GET", "/apps/3", 404],
    ["GET", "/apps", 404],
    ["GET", "/", 404],
  ])("answers %s %s with %i", async (method, path, status) => {
    expect((await call(method, path))[0]).toBe(status);
  });

  test("checks the signature before doing anything else", async () => {
    const socket = subscriber("a");
    const body = JSON.stringify({ name: "e", channel: "a", data: "" });
    expect(await rig.raw("POST", "/apps/3/events", "", body)).toEqual([
      401,
      "Missing parameter: auth_key\n",
    ]);
    expect(socket.frames).toEqual([]);
  });

  test("refuses a disabled app even if the signature is valid", async () => {
    setUp({ enabled: false });
    expect(await call("GET", "/apps/3/channels")).toEqual([403, "Application disabled\n"]);
  });

  test("refuses a body that is not UTF-8", async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0x22]);
    const parameters = [
      `auth_key=${KEY}`,
      `auth_timestamp=${NOW_MS / 1000}`,
      "auth_version=1.0",
      `body_md5=${md5(bytes)}`,
    ];
    const signature = sign(SECRET, `POST\n/apps/3/events\n${parameters.join("&")}`);
    const query = `${parameters.join("&")}&auth_signature=${signature}`;
    expect(await rig.raw("POST", "/apps/3/events", query, bytes)).toEqual([
      400,
      "Invalid JSON: the body must be a JSON object\n",
    ]);
  });

  test("sends errors as JSON to callers that accept JSON", async () => {
    const [status, text] = await rig.raw("GET", "/apps/3/channels", "", "", "application/json");
    expect([status, JSON.parse(text)]).toEqual([
      401,
      { error: "Missing parameter: auth_key", code: "auth_failed", status: 401 },
    ]);
  });

  test("accepts a signature twice, but only once if the app has replay protection", async () => {
    const body = { name: "e", channel: "a", data: "" };
    const twice = async (): Promise<number[]> => [
      (await call("POST", "/apps/3/events", body))[0],
      (await call("POST", "/apps/3/events", body))[0],
    ];
    expect(await twice()).toEqual([200, 200]);
    setUp({ replayProtection: true });
    expect(await twice()).toEqual([200, 401]);
    expect(rig.hub.counters.limits.get("replay")).toBe(1);
  });

  test("limits published events and reads per second", async () => {
    setUp({}, { maxApiEventsPerSecond: 2, maxApiReadsPerSecond: 1 });
    const body = { name: "e", channel: "a", data: "" };
    const statuses: number[] = [];
    for (let count = 0; count < 3; count++)
      statuses.push((await call("POST", "/apps/3/events", body))[0]);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await call("GET", "/apps/3/channels"))[0]).toBe(200);
    expect((await call("GET", "/apps/3/channels"))[0]).toBe(429);
    rig.parts.clock.nowMs += 1000;
    expect((await call("GET", "/apps/3/channels"))[0]).toBe(200);
    // A batch counts as its events, even if it has more than are allowed in a second.
    const batch = { batch: Array.from({ length: 6 }, () => body) };
    expect((await call("POST", "/apps/3/batch_events", batch))[0]).toBe(200);
    rig.parts.clock.nowMs += 2000;
    expect((await call("POST", "/apps/3/events", body))[0]).toBe(429);
    rig.parts.clock.nowMs += 1000;
    expect((await call("POST", "/apps/3/events", body))[0]).toBe(200);
    expect((await call("POST", "/apps/3/users/ann/terminate_connections", {}))[0]).toBe(200);
  });
});

describe("users", () => {
  function signedIn(id: string): TestSocket {
    const socket = rig.socket();
    const userData = JSON.stringify({ id });
    const auth = `${KEY}:${sign(SECRET, `${socket.id}::user::${userData}`)}`;
    expect(signIn(rig.hub, socket, { kind: "signin", auth, userData })).toBeNull();
    return socket;
  }

  test.each(["/apps/3/users/7/terminate_connections", "/users/7/terminate_connections"])(
    "POST %s closes the user's connections for good",
    async (path) => {
      const [own, other] = [signedIn("7"), signedIn("8")];
      expect(await call("POST", path)).toEqual([200, "{}"]);
      expect([own.closedWith?.code, other.closedWith]).toEqual([4009, null]);
    },
  );

  test("force_reconnect makes clients reconnect", async () => {
    const own = signedIn("7");
    expect(await call("POST", "/apps/3/users/7/force_reconnect")).toEqual([200, '{"ok":true}']);
    expect(own.closedWith?.code).toBe(4200);
  });

  test("an unknown user is not an error, a malformed id is", async () => {
    expect(await call("POST", "/apps/3/users/nobody/terminate_connections")).toEqual([200, "{}"]);
    expect((await call("POST", "/apps/3/users/a%20b/terminate_connections"))[0]).toBe(400);
  });
});

describe("cache channels", () => {
  test("GET /channels/NAME includes the cached event", async () => {
    const ask = (): Promise<[number, string]> =>
      call("GET", "/apps/3/channels/cache-a", undefined, "info=cache");
    expect(await ask()).toEqual([200, '{"occupied":false,"cache":null}']);
    await call("POST", "/apps/3/events", { name: "e", channel: "cache-a", data: "d" });
    rig.parts.clock.nowMs = 1500;
    expect(await ask()).toEqual([200, '{"occupied":false,"cache":{"data":"d","ttl":59}}']);
  });
});

describe("deprecated endpoints", () => {
  test("POST /channels/NAME/events publishes the body and answers 202 without a body", async () => {
    const socket = subscriber("a");
    expect(await call("POST", "/apps/3/channels/a/events", "[1]", "name=e")).toEqual([202, ""]);
    expect(socket.take()).toEqual([["e", "[1]"]]);
    expect((await call("POST", "/apps/3/channels/a/events", "[1]"))[0]).toBe(400);
  });

  test("GET /channels/NAME/stats includes the counts", async () => {
    subscriber("presence-a", "1");
    subscriber("presence-a", "1");
    expect(await call("GET", "/apps/3/channels/presence-a/stats")).toEqual([
      200,
      '{"occupied":true,"user_count":1,"connection_count":2}',
    ]);
    expect(await call("GET", "/apps/3/channels/b/stats")).toEqual([
      200,
      '{"occupied":false,"connection_count":0}',
    ]);
  });
});

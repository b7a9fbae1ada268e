// What Sockudo's clients rely on and Pusher's do not: deltas that they can decode, their own events, and
// names with colons.
import { beforeAll, describe, expect, test } from "bun:test";
import { publish } from "../harness/api.ts";
import { connectRaw, type Frame, type RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { socketUrl } from "../harness/target.ts";
import { ticker } from "../harness/ticker.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile);
});

function connect(query: string) {
  return connectRaw(scope, socketUrl(server, query));
}

/** Everything that the server sent before now. */
function received(client: RawClient): Promise<readonly Frame[]> {
  return client.received("sockudo:ping");
}

/** How many of twelve events come as deltas. */
async function deltasOfTwelve(client: RawClient, channel: string): Promise<number> {
  for (const event of ticker(channel, 12)) await publish(server, event);
  const frames = await received(client);
  expect(frames).toHaveLength(12);
  return frames.filter(({ event }) => event.endsWith(":delta")).length;
}

const ASKING: readonly unknown[] = ["fossil", true, { enabled: true, algorithm: "fossil" }];

describe.each([
  "protocol=2&client=js&version=2.2.0&flash=false",
  "protocol=2&client=python&version=2.2.0&flash=false&format=json&echo_messages=true&append_mode=delta",
  "protocol=7&client=js&version=2.2.0&flash=false",
])("a client of Sockudo, %s,", (query) => {
  test("gets whole messages on a subscription that asks for deltas, since it could not decode them", async () => {
    const { client } = await connect(query);
    for (const [index, delta] of ASKING.entries()) {
      const channel = `whole-${index}`;
      client.send({ event: "sockudo:subscribe", data: { channel, delta } });
      await received(client);
      expect(await deltasOfTwelve(client, channel)).toBe(0);
    }
  });

  test("gets deltas when it has enabled them on its connection, before or after", async () => {
    const { client } = await connect(query);
    client.send({ event: "sockudo:subscribe", data: { channel: "before", delta: "fossil" } });
    client.send({
      event: "sockudo:enable_delta_compression",
      data: { algorithms: ["fossil", "xdelta3"] },
    });
    client.send({ event: "sockudo:subscribe", data: { channel: "after", delta: "fossil" } });
    await received(client);
    expect(await deltasOfTwelve(client, "before")).toBeGreaterThan(8);
    expect(await deltasOfTwelve(client, "after")).toBeGreaterThan(8);
  });

  test("gets deltas when the page's script asks for them, which decodes them", async () => {
    const { client } = await connect(query);
    const delta = { algorithm: "fossil", format: "json" };
    client.send({ event: "sockudo:subscribe", data: { channel: "script", delta } });
    await received(client);
    expect(await deltasOfTwelve(client, "script")).toBeGreaterThan(8);
  });
});

test.each(["protocol=2&client=swift&version=1.0", "protocol=7&client=js&version=8.6.0"])(
  "any other client, %s, gets deltas on a subscription that asks for them",
  async (query) => {
    const { client } = await connect(query);
    client.send({ event: "sockudo:subscribe", data: { channel: "other", delta: "fossil" } });
    await received(client);
    expect(await deltasOfTwelve(client, "other")).toBeGreaterThan(8);
  },
);

describe("its own client event", () => {
  test.each([
    ["protocol=2", true],
    ["protocol=2&echo_messages=true", true],
    ["protocol=2&echo_messages=false", false],
    ["protocol=7&echo_messages=true", false],
  ])("of %s comes back: %p", async (query, comesBack) => {
    const [client, other] = [await connect(query), await connect("protocol=2")];
    const channel = "private-echo";
    const library = serverLibrary(server);
    for (const each of [client, other]) {
      const data = { channel, ...library.authorizeChannel(each.socketId, channel) };
      each.client.send({ event: "sockudo:subscribe", data });
      await received(each.client);
    }
    client.client.send({ event: "client-e", data: { a: 1 }, channel });
    expect(await received(client.client)).toHaveLength(comesBack ? 1 : 0);
    expect(await received(other.client)).toHaveLength(1);
  });
});

describe("a name with colons", () => {
  test("is taken, by clients and by the API", async () => {
    const { client } = await connect("protocol=7");
    const channel = "ticker:NYSE:IBM";
    client.send({ event: "pusher:subscribe", data: { channel } });
    expect((await received(client)).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
    ]);
    await publish(server, { name: "e", channel, data: "{}" });
    expect(await received(client)).toHaveLength(1);
    const response = await serverLibrary(server).get({ path: `/channels/${channel}` });
    expect(await response.text()).toBe('{"occupied":true}');
  });
});

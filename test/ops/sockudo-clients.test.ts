// What Sockudo's clients rely on and Pusher's do not: deltas that they can decode, their own events, and
// names with colons.
import { beforeAll, describe, expect, test } from "bun:test";
import { publish } from "../harness/api.ts";
import { type Frame, RawClient } from "../harness/raw-client.ts";
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

/** A client of the second dialect. */
class Client {
  readonly #raw: RawClient;
  socketId = "";

  constructor(query: string) {
    this.#raw = new RawClient(scope, socketUrl(server, query));
  }

  async connected(): Promise<this> {
    const { data } = await this.#raw.frames.next();
    this.socketId = String(JSON.parse(String(data))["socket_id"]);
    return this;
  }

  send(event: string, data: unknown, channel?: string): void {
    this.#raw.send({ event, data, ...(channel === undefined ? {} : { channel }) });
  }

  /** Everything that the server sent before now. */
  received(): Promise<readonly Frame[]> {
    this.#raw.send({ event: "sockudo:ping", data: {} });
    return this.#raw.frames.takeUntil(({ event }) => /^(sockudo|pusher):pong$/.test(event));
  }
}

/** How many of twelve events come as deltas. */
async function deltasOfTwelve(client: Client, channel: string): Promise<number> {
  for (const event of ticker(channel, 12)) await publish(server, event);
  const frames = await client.received();
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
    const client = await new Client(query).connected();
    for (const [index, delta] of ASKING.entries()) {
      const channel = `whole-${index}`;
      client.send("sockudo:subscribe", { channel, delta });
      await client.received();
      expect(await deltasOfTwelve(client, channel)).toBe(0);
    }
  });

  test("gets deltas when it has enabled them on its connection, before or after", async () => {
    const client = await new Client(query).connected();
    client.send("sockudo:subscribe", { channel: "before", delta: "fossil" });
    client.send("sockudo:enable_delta_compression", { algorithms: ["fossil", "xdelta3"] });
    client.send("sockudo:subscribe", { channel: "after", delta: "fossil" });
    await client.received();
    expect(await deltasOfTwelve(client, "before")).toBeGreaterThan(8);
    expect(await deltasOfTwelve(client, "after")).toBeGreaterThan(8);
  });

  test("gets deltas when the page's script asks for them, which decodes them", async () => {
    const client = await new Client(query).connected();
    const delta = { algorithm: "fossil", format: "json" };
    client.send("sockudo:subscribe", { channel: "script", delta });
    await client.received();
    expect(await deltasOfTwelve(client, "script")).toBeGreaterThan(8);
  });
});

test.each(["protocol=2&client=swift&version=1.0", "protocol=7&client=js&version=8.6.0"])(
  "any other client, %s, gets deltas on a subscription that asks for them",
  async (query) => {
    const client = await new Client(query).connected();
    client.send("sockudo:subscribe", { channel: "other", delta: "fossil" });
    await client.received();
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
    const [client, other] = [
      await new Client(query).connected(),
      await new Client("protocol=2").connected(),
    ];
    const channel = "private-echo";
    const library = serverLibrary(server);
    for (const each of [client, other]) {
      each.send("sockudo:subscribe", {
        channel,
        ...library.authorizeChannel(each.socketId, channel),
      });
      await each.received();
    }
    client.send("client-e", { a: 1 }, channel);
    expect(await client.received()).toHaveLength(comesBack ? 1 : 0);
    expect(await other.received()).toHaveLength(1);
  });
});

describe("a name with colons", () => {
  test("is taken, by clients and by the API", async () => {
    const client = await new Client("protocol=7").connected();
    const channel = "ticker:NYSE:IBM";
    client.send("pusher:subscribe", { channel });
    expect((await client.received()).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
    ]);
    await publish(server, { name: "e", channel, data: "{}" });
    expect(await client.received()).toHaveLength(1);
    const response = await serverLibrary(server).get({ path: `/channels/${channel}` });
    expect(await response.text()).toBe('{"occupied":true}');
  });
});

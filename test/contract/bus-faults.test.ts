// What happens to a bus when one server of several is lost or replaced, and how connections are secured.
import { nkeys } from "@nats-io/transport-node";
import { expect, test } from "bun:test";
import type { BrokerTls } from "../../src/cluster/broker/address.ts";
import { openNatsBus, type NatsBusSettings } from "../../src/cluster/broker/bus-nats.ts";
import { openRedisClusterBus } from "../../src/cluster/broker/bus-redis-cluster.ts";
import { openRedisBus, type RedisBusSettings } from "../../src/cluster/broker/bus-redis.ts";
import { slotOf } from "../../src/cluster/broker/redis-slots.ts";
import { startNats, startNatsCluster } from "../harness/brokers/nats.ts";
import { startRedisCluster, type RedisCluster } from "../harness/brokers/redis-cluster.ts";
import { redisCommand, startRedis, startSentinels } from "../harness/brokers/redis.ts";
import { startRelay } from "../harness/brokers/tcp-relay.ts";
import { until, within } from "../harness/deadline.ts";
import { testScope } from "../harness/scope.ts";
import { BusNode } from "./bus-node.ts";
import { makeCertificates } from "./certificates.ts";

const scope = testScope();

const host = "127.0.0.1";
const PREFIX = "test:";
const PASSWORD = "pass word#1";

const redisAt = (port: number, settings: Partial<RedisBusSettings> = {}): RedisBusSettings => ({
  address: { host, port },
  sentinels: null,
  username: "",
  password: "",
  database: 0,
  tls: null,
  prefix: PREFIX,
  ...settings,
});

const natsAt = (
  ports: readonly number[],
  settings: Partial<NatsBusSettings> = {},
): NatsBusSettings => ({
  servers: ports.map((port) => ({ host, port })),
  username: "",
  password: "",
  token: "",
  credentialsPath: "",
  nkeySeed: "",
  tls: null,
  prefix: PREFIX,
  ...settings,
});

/** Publishes until the message arrives. */
async function arrives(from: BusNode, to: BusNode, topic: string): Promise<void> {
  const before = to.on(topic).length;
  await until(async () => {
    await from.bus.publish(topic, "again");
    return to.on(topic).length > before;
  }, `a message on ${topic}`);
}

test("a failover by sentinels is followed, and one that stands still is no obstacle", async () => {
  const { nodes, sentinels, name, master } = await startSentinels(scope, { password: PASSWORD });
  const settings = redisAt(0, {
    password: PASSWORD,
    sentinels: {
      addresses: sentinels.map(({ port }) => ({ host, port })),
      masterName: name,
      username: "",
      password: "",
      tls: null,
    },
  });
  sentinels[0]?.stop();
  const [one, two] = [
    await BusNode.open(scope, openRedisBus(settings)),
    await BusNode.open(scope, openRedisBus(settings)),
  ];
  sentinels[0]?.cont();
  if (settings.sentinels !== null)
    await refused(
      BusNode.open(
        scope,
        openRedisBus({ ...settings, sentinels: { ...settings.sentinels, masterName: "other" } }),
      ),
      `redis+sentinel://${sentinels.map(({ port }) => `${host}:${port}`).join(",")}/other`,
      'no sentinel knows the master "other"',
    );
  await two.bus.join("t");
  await arrives(one, two, "t");
  const [first] = nodes;
  await first?.kill();
  await one.says("lost");
  await Promise.all([one.says("regained"), two.says("regained")]);
  expect(await master()).not.toBe(first?.port);
  await arrives(one, two, "t");
  // The old master comes back and becomes a replica. Nobody goes there.
  await first?.start();
  await arrives(one, two, "t");
});

test("a failover by hand, with an old master that lives, is followed when the sentinels tell", async () => {
  const { sentinels, name, master } = await startSentinels(scope);
  const addresses = sentinels.map(({ port }) => ({ host, port }));
  const access = { masterName: name, username: "", password: "", tls: null };
  const settings = redisAt(0, { sentinels: { ...access, addresses } });
  const [one, two] = [
    await BusNode.open(scope, openRedisBus(settings)),
    await BusNode.open(scope, openRedisBus(settings)),
  ];
  await two.bus.join("t");
  const before = await master();
  const [{ port } = { port: 0 }] = sentinels;
  await until(
    async () => (await redisCommand(port, ["sentinel", "failover", name])).includes("OK"),
    "a failover",
  );
  await Promise.all([one, two].map((node) => until(() => node.changes.length > 0, "the loss")));
  expect(one.reasons[0]).toEndWith(": the sentinels have named another master");
  await Promise.all([one.says("regained"), two.says("regained")]);
  expect(await master()).not.toBe(before);
  await arrives(one, two, "t");
});

test("a server that becomes a replica without anybody's telling is left at the next probe", async () => {
  const [redis, other] = [await startRedis(scope), await startRedis(scope)];
  const one = await BusNode.open(scope, openRedisBus(redisAt(redis.port)));
  await redis.command("replicaof", host, `${other.port}`);
  void one.bus.probe();
  await one.says("lost");
  expect(one.reasons).toEqual([
    `redis://${host}:${redis.port}: it is a replica, it must be the master`,
  ]);
  expect(BusNode.open(scope, openRedisBus(redisAt(redis.port)))).rejects.toThrow(
    `Cannot open bus "redis://${host}:${redis.port}": it is a replica, it must be the master`,
  );
  await redis.command("replicaof", "no", "one");
  await one.says("regained");
});

test("the loss of a primary of a Redis Cluster is followed, and the others go on", async () => {
  const cluster = await startRedisCluster(scope);
  const [one, two] = await openOn(cluster);
  const topics = Array.from({ length: 60 }, (_, index) => `t${index}`);
  await Promise.all(topics.map((topic) => two.bus.join(topic)));
  const [dead] = cluster.nodes;
  await dead?.kill();
  await Promise.all([one.says("lost"), two.says("lost")]);
  const isOfDead = (topic: string): boolean => slotOf(PREFIX + topic) <= 5460;
  const [away = "", here = ""] = [topics.find(isOfDead), topics.find((topic) => !isOfDead(topic))];
  expect(one.bus.publish(away, "lost")).toBe(false);
  expect(await one.bus.publish(here, "goes on")).toBe(true);
  await within(two.bus.join("new"), "a join of any shard");
  await Promise.all([one.says("regained"), two.says("regained")]);
  for (const topic of [...topics, "new"]) await arrives(one, two, topic);
});

test("slots that move to another server of a Redis Cluster are followed", async () => {
  const cluster = await startRedisCluster(scope);
  const [one, two] = await openOn(cluster);
  await two.bus.join("t");
  await arrives(one, two, "t");
  const slot = slotOf(`${PREFIX}t`);
  const from = await cluster.primaryOf(slot);
  const to = cluster.nodes.slice(0, 3).find((node) => node !== from);
  const id = (await to?.command("cluster", "myid"))?.trim() ?? "";
  for (const node of [to, ...cluster.nodes.slice(0, 3).filter((other) => other !== to)])
    await node?.command("cluster", "setslot", `${slot}`, "node", id);
  await until(() => two.changes.length >= 2 && two.changes.at(-1) === "regained", "the new server");
  await arrives(one, two, "t");
  expect(await to?.command("pubsub", "shardchannels", `${PREFIX}t`)).toContain("test:t");
});

async function openOn({ nodes }: RedisCluster): Promise<readonly [BusNode, BusNode]> {
  const settings = {
    addresses: nodes.slice(0, 2).map(({ port }) => ({ host, port })),
    username: "",
    password: "",
    tls: null,
    prefix: PREFIX,
  };
  return [
    await BusNode.open(scope, openRedisClusterBus(settings)),
    await BusNode.open(scope, openRedisClusterBus(settings)),
  ];
}

test("the loss of a NATS server of a cluster is followed, also by a node that was told of that one only", async () => {
  const servers = await startNatsCluster(scope);
  const [first, , third] = servers;
  const one = await BusNode.open(scope, openNatsBus(natsAt([first?.port ?? 0])));
  const two = await BusNode.open(scope, openNatsBus(natsAt([third?.port ?? 0])));
  await two.bus.join("t");
  await arrives(one, two, "t");
  await first?.kill();
  await one.says("lost");
  await one.says("regained");
  expect(two.changes).toEqual([]);
  await arrives(one, two, "t");
});

test("a NATS server that is about to end is left", async () => {
  const servers = await startNatsCluster(scope);
  const one = await BusNode.open(scope, openNatsBus(natsAt([servers[0]?.port ?? 0])));
  await one.bus.join("t");
  const [first] = servers;
  first?.signal("SIGUSR2");
  await one.says("lost");
  expect(one.reasons).toEqual([`nats://${host}:${first?.port}: the server is about to end`]);
  await one.says("regained");
  await arrives(one, one, "t");
});

for (const [name, start, openAt] of [
  ["Redis", startRedis, (port: number) => openRedisBus(redisAt(port))],
  ["NATS", startNats, (port: number) => openNatsBus(natsAt([port]))],
] as const)
  test(`${name}: a broker that can be reached and is silent holds up nothing, and leaves nothing behind`, async () => {
    const relay = await startRelay(scope, await start(scope));
    const one = await BusNode.open(scope, openAt(relay.port));
    await one.bus.join("t");
    const connectionCount = relay.connectionCount;
    relay.swallow();
    const startMs = performance.now();
    let isAnswered = false;
    void one.bus.probe().then(() => (isAnswered = true));
    expect(await one.bus.publish("t", "into the void")).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(1500);
    const text = "x".repeat(100_000);
    const flood = Array.from({ length: 2000 }, () => one.bus.publish("t", text));
    const outcomes = await Promise.all(flood.map(async (outcome) => outcome));
    expect(outcomes).not.toContain(true);
    // What is not sent is bounded.
    expect(flood.at(-1)).toBe(false);
    expect([isAnswered, one.changes]).toEqual([false, []]);
    one.bus.reconnect();
    await one.says("lost");
    await Bun.sleep(2500);
    expect(relay.connectionCount).toBeLessThanOrEqual(connectionCount);
    relay.pass();
    await one.says("regained");
    await arrives(one, one, "t");
    expect(relay.connectionCount).toBe(connectionCount);
  });

test("Redis: TLS with an authority of its own, users and passwords", async () => {
  const { ca, cert, key } = makeCertificates(scope);
  const redis = await startRedis(scope, {
    options: [
      ["port", "0"],
      ["tls-cert-file", cert],
      ["tls-key-file", key],
      ["tls-ca-cert-file", ca],
      ["tls-auth-clients", "optional"],
      ["user", "bus", "on", `>${PASSWORD}`, "&test:*", "+@all"],
    ],
    tls: true,
  });
  const tls: BrokerTls = { isVerified: true, caPath: ca, certPath: "", keyPath: "" };
  const open = (settings: Partial<RedisBusSettings>): Promise<BusNode> =>
    BusNode.open(scope, openRedisBus(redisAt(redis.port, settings)));
  const url = `rediss://${host}:${redis.port}`;
  const user = { username: "bus", password: PASSWORD };
  const [one, two] = [await open({ ...user, tls }), await open({ ...user, tls })];
  await two.bus.join("t");
  await arrives(one, two, "t");
  await open({ ...user, tls: { ...tls, caPath: "", isVerified: false } });
  await refused(open({ ...user, tls: { ...tls, caPath: "" } }), url, "unknown authority");
  await refused(open({ ...user, password: "secret2", tls }), url, "WRONGPASS");
  await refused(open({ ...user, prefix: "other:", tls }), url, "NOPERM");
  await refused(
    open({ ...user, tls: { ...tls, caPath: "/none.pem" } }),
    url,
    'the file "/none.pem" cannot be read',
  );
});

test("NATS: TLS with an authority of its own, users and passwords", async () => {
  const { ca, cert, key } = makeCertificates(scope);
  const user = `{ user: bus, password: "${PASSWORD}", permissions: { publish: "test:.>", subscribe: "test:.>" } }`;
  const nats = await startNats(scope, {
    config: `tls { cert_file: "${cert}", key_file: "${key}" }\nauthorization { users: [${user}] }`,
  });
  const tls: BrokerTls = { isVerified: true, caPath: ca, certPath: "", keyPath: "" };
  const open = (settings: Partial<NatsBusSettings>): Promise<BusNode> =>
    BusNode.open(scope, openNatsBus(natsAt([nats.port], settings)));
  const url = `tls://${host}:${nats.port}`;
  const login = { username: "bus", password: PASSWORD };
  const [one, two] = [await open({ ...login, tls }), await open({ ...login, tls })];
  await two.bus.join("t");
  await arrives(one, two, "t");
  await open({ ...login, tls: { ...tls, caPath: "", isVerified: false } });
  await refused(open({ ...login, tls: { ...tls, caPath: "" } }), url, "unknown authority");
  await refused(open({ ...login, password: "secret2", tls }), url, "Authorization Violation");
  await refused(open({ ...login, prefix: "other", tls }), url, "Permissions Violation");
});

test("NATS: a token", async () => {
  const nats = await startNats(scope, { config: 'authorization { token: "tok-1" }' });
  const one = await BusNode.open(scope, openNatsBus(natsAt([nats.port], { token: "tok-1" })));
  await within(one.bus.probe(), "a probe");
  const wrong = BusNode.open(scope, openNatsBus(natsAt([nats.port], { token: "tok-2" })));
  await refused(wrong, `nats://${host}:${nats.port}`, "Authorization Violation");
});

test("NATS: an NKey, alone and in a file of credentials", async () => {
  const pair = nkeys.createUser();
  const nkeySeed = new TextDecoder().decode(pair.getSeed());
  const nats = await startNats(scope, {
    config: `authorization { users: [{ nkey: ${pair.getPublicKey()} }] }`,
  });
  const credentialsPath = `${nats.directory}/user.creds`;
  // A server without accounts of its own looks at the key only.
  await Bun.write(credentialsPath, credentials("no.token", nkeySeed));
  for (const settings of [{ nkeySeed }, { credentialsPath }]) {
    const one = await BusNode.open(scope, openNatsBus(natsAt([nats.port], settings)));
    await within(one.bus.probe(), "a probe");
  }
  const other = new TextDecoder().decode(nkeys.createUser().getSeed());
  const url = `nats://${host}:${nats.port}`;
  const open = (settings: Partial<NatsBusSettings>): Promise<BusNode> =>
    BusNode.open(scope, openNatsBus(natsAt([nats.port], settings)));
  await refused(open({ nkeySeed: other }), url, "Authorization Violation");
  await refused(open({ nkeySeed: "SUsecret2" }), url, "");
  await refused(open({ credentialsPath: "/none.creds" }), url, "cannot be read");
});

function credentials(token: string, seed: string): string {
  const block = (name: string, text: string): string =>
    `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  return `${block("NATS USER JWT", token)}\n${block("USER NKEY SEED", seed)}`;
}

/** Checks that opening fails with the reason, and without the secrets. */
async function refused(opening: Promise<unknown>, url: string, reason: string): Promise<void> {
  const text = await opening.then(
    () => "it was opened",
    (error: unknown) => String(error),
  );
  expect(text).toStartWith(`Error: Cannot open bus "${url}": `);
  expect(text).toContain(reason);
  for (const secret of [PASSWORD, "secret2", "tok-2"]) expect(text).not.toContain(secret);
}

// Two regions: a NATS cluster in each, and gateways between them. Whatever goes from one region to the other goes
// through relays that delay it.
import { freePorts } from "../harness/brokers/free-port.ts";
import { Nats } from "../harness/brokers/nats.ts";
import { startRelay, type TcpRelay } from "../harness/brokers/tcp-relay.ts";
import type { Bus } from "../harness/cluster.ts";
import { until } from "../harness/deadline.ts";
import { isObject } from "../harness/json.ts";
import type { Scope } from "../harness/scope.ts";

/** How far the regions are from one another, one way. */
const DISTANCE_MS = 80;
const SERVERS_PER_REGION = 2;
const HOST = "127.0.0.1";

/** One region's brokers. */
export interface Region {
  readonly name: string;
  readonly servers: readonly Nats[];
  /** The way from the other region to each server of this one. */
  readonly relays: readonly TcpRelay[];
}

interface Plan {
  readonly name: string;
  readonly clientPorts: readonly number[];
  readonly monitorPorts: readonly number[];
  readonly routePorts: readonly number[];
  readonly gatewayPorts: readonly number[];
  readonly relays: readonly TcpRelay[];
}

/** Starts two regions, and waits until their gateways are connected. */
export async function startRegions(scope: Scope): Promise<readonly [Region, Region]> {
  const [east, west] = [await plan(scope, "east"), await plan(scope, "west")];
  const regions = [begin(scope, east, west), begin(scope, west, east)] as const;
  const servers = regions.flatMap((region) => region.servers);
  await Promise.all(servers.map((server) => server.start()));
  for (const server of servers)
    await until(() => isJoined(server), "the routes and the gateways of a NATS server");
  return regions;
}

async function plan(scope: Scope, name: string): Promise<Plan> {
  const ports = await freePorts(4 * SERVERS_PER_REGION);
  const take = (index: number): readonly number[] =>
    ports.slice(index * SERVERS_PER_REGION, (index + 1) * SERVERS_PER_REGION);
  const gatewayPorts = take(3);
  const relays = await Promise.all(gatewayPorts.map((port) => startRelay(scope, { port })));
  for (const relay of relays) relay.delayMs = DISTANCE_MS;
  return {
    name,
    clientPorts: take(0),
    monitorPorts: take(1),
    routePorts: take(2),
    gatewayPorts,
    relays,
  };
}

/** The servers of a region, which are not started yet. Each tells the others of its relay's address instead of its own. */
function begin(scope: Scope, here: Plan, there: Plan): Region {
  const routes = here.routePorts.map((port) => `"nats-route://${HOST}:${port}"`).join(", ");
  const urls = there.relays.map(({ port }) => `"nats://${HOST}:${port}"`).join(", ");
  const servers = here.clientPorts.map((port, index) => {
    const config = [
      `server_name: "${here.name}-${index}"`,
      `cluster { name: "${here.name}", listen: "${HOST}:${here.routePorts[index]}", routes: [${routes}] }`,
      `gateway {`,
      `  name: "${here.name}", listen: "${HOST}:${here.gatewayPorts[index]}"`,
      `  advertise: "${HOST}:${here.relays[index]?.port}"`,
      `  gateways: [{ name: "${there.name}", urls: [${urls}] }]`,
      `}`,
    ].join("\n");
    return new Nats(scope, [port, here.monitorPorts[index] ?? 0], config);
  });
  return { name: here.name, servers, relays: here.relays };
}

async function isJoined(server: Nats): Promise<boolean> {
  const [routez, gatewayz] = [await server.figures("routez"), await server.figures("gatewayz")];
  if (!isObject(routez) || !isObject(gatewayz)) return false;
  // Both servers of the other region may have chosen the same one here, so that one has none that comes in.
  const { outbound_gateways: outbound } = gatewayz;
  const isOut = isObject(outbound) && Object.keys(outbound).length > 0;
  return isOut && Number(routez["num_routes"]) >= SERVERS_PER_REGION - 1;
}

/** What a node of the region is configured with. */
export function busOf({ name, servers }: Region, prefix = "test"): Bus {
  const urls = servers.map(({ port }) => `nats://${HOST}:${port}`);
  return {
    name: `NATS in ${name}`,
    broker: null,
    config: () => ({
      adapter: { driver: "nats", nats: { servers: urls, prefix }, region: name },
    }),
  };
}

/** Bytes that went between the regions, in both directions. */
export function bytesBetween(regions: readonly Region[]): number {
  return regions
    .flatMap(({ relays }) => relays)
    .reduce((sum, { bytesToBroker, bytesToClients }) => sum + bytesToBroker + bytesToClients, 0);
}

/** Cuts all ways between the regions, and keeps them cut. */
export async function part(regions: readonly Region[]): Promise<void> {
  for (const relay of regions.flatMap(({ relays }) => relays)) {
    await relay.refuse();
    relay.cut();
  }
}

/** Opens the ways again. */
export async function join(regions: readonly Region[]): Promise<void> {
  for (const relay of regions.flatMap(({ relays }) => relays)) await relay.accept();
}

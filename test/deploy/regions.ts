// The NATS servers of two regions, as deploy/nats has them, on ports of 127.0.0.1.
import { until } from "../harness/deadline.ts";
import { freePorts } from "../harness/brokers/free-port.ts";
import { isObject, parseObject } from "../harness/json.ts";
import { makeDirectory, Program } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";
import { deployText, tool } from "./tools.ts";

/** The name of a region. */
export type Region = "eu" | "us";

/** A running server. */
export interface RegionServer {
  readonly name: string;
  readonly region: Region;
  /** For clients, and so nodes. */
  readonly clientPort: number;
  readonly monitorPort: number;
  readonly gatewayPort: number;
  readonly program: Program;
}

/** The ports of a server: clients, monitoring, cluster, gateway. */
interface Place {
  readonly name: string;
  readonly region: Region;
  readonly ports: readonly [number, number, number, number];
}

/** Where the servers of another region are reached, in place of their own gateway port: by a relay, for example. */
export type Via = (from: Region, to: string, gatewayPort: number) => number;

const SERVERS_PER_REGION = 3;
const PORTS_PER_SERVER = 4;

/** Starts the servers and waits until every one has a way to the other region. */
export async function startRegions(
  scope: Scope,
  via: Via = (_, __, port) => port,
): Promise<readonly RegionServer[]> {
  const ports = await freePorts(2 * SERVERS_PER_REGION * PORTS_PER_SERVER);
  const places = ["eu" as const, "us" as const].flatMap((region, index) =>
    Array.from({ length: SERVERS_PER_REGION }, (_, number): Place => {
      const at = (index * SERVERS_PER_REGION + number) * PORTS_PER_SERVER;
      const [client = 0, monitor = 0, cluster = 0, gateway = 0] = ports.slice(at);
      return {
        name: `nats-${region}-${number + 1}`,
        region,
        ports: [client, monitor, cluster, gateway],
      };
    }),
  );
  const servers = await Promise.all(places.map((place) => start(scope, place, places, via)));
  for (const server of servers)
    await until(() => hasGateway(server), `a gateway of ${server.name}`);
  return servers;
}

async function start(
  scope: Scope,
  place: Place,
  all: readonly Place[],
  via: Via,
): Promise<RegionServer> {
  const { name, region, ports } = place;
  const [clientPort, monitorPort, clusterPort, gatewayPort] = ports;
  const replacements: Record<string, string> = {
    "0.0.0.0:4222": `127.0.0.1:${clientPort}`,
    "127.0.0.1:8222": `127.0.0.1:${monitorPort}`,
    "0.0.0.0:6222": `127.0.0.1:${clusterPort}`,
    "0.0.0.0:7222": `127.0.0.1:${gatewayPort}`,
  };
  for (const other of all) {
    const [, , cluster, gateway] = other.ports;
    if (other.region === region) replacements[`${other.name}:6222`] = `127.0.0.1:${cluster}`;
    const reached = other.region === region ? gateway : via(region, other.name, gateway);
    replacements[`${other.name}:7222`] = `127.0.0.1:${reached}`;
  }
  const directory = makeDirectory(scope);
  await Bun.write(`${directory}/nats.conf`, deployText(`nats/${region}.conf`, replacements));
  const command = [tool("nats-server"), "--config", `${directory}/nats.conf`];
  const program = new Program(scope, command, { directory, env: { SERVER_NAME: name } });
  await program.says(/Server is ready/);
  return { name, region, clientPort, monitorPort, gatewayPort, program };
}

async function hasGateway(server: RegionServer): Promise<boolean> {
  return (await outboundGateways(server)).length > 0;
}

/** The regions that a server has a way to. */
export async function outboundGateways({ monitorPort }: RegionServer): Promise<readonly string[]> {
  const answer = await fetch(`http://127.0.0.1:${monitorPort}/gatewayz`);
  const { outbound_gateways: gateways } = parseObject(await answer.text());
  return isObject(gateways) ? Object.keys(gateways) : [];
}

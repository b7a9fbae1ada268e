// Real NATS servers: one, and a cluster of three.
import { until } from "../deadline.ts";
import { isObject } from "../json.ts";
import type { Scope } from "../scope.ts";
import { Broker, brokerDirectory, programPath } from "./broker.ts";
import { freePort, freePorts } from "./free-port.ts";

/** What differs from a plain server. */
export interface NatsSettings {
  /** A port that is known to be free; by default any. */
  readonly port?: number;
  /** Further text of its configuration file: `authorization { … }`, `tls { … }`, `gateway { … }`. */
  readonly config?: string;
}

/** One NATS server. */
export class Nats extends Broker {
  /** Where it answers `/varz`, `/connz`, `/subsz` and the like over HTTP. */
  readonly monitorPort: number;
  readonly #config: string;

  constructor(
    scope: Scope,
    [port, monitorPort]: readonly [port: number, monitorPort: number],
    config: string,
  ) {
    const directory = brokerDirectory(scope);
    super(scope, port, {
      command: [programPath("nats-server"), "-c", `${directory}/nats.conf`],
      directory,
      ready: /Server is ready/,
    });
    this.monitorPort = monitorPort;
    this.#config = [
      `listen: "127.0.0.1:${port}"`,
      `http: "127.0.0.1:${monitorPort}"`,
      `pid_file: "${directory}/nats.pid"`,
      config,
      "",
    ].join("\n");
  }

  override async start(): Promise<void> {
    await Bun.write(`${this.directory}/nats.conf`, this.#config);
    await super.start();
  }

  /** What the server tells of itself: `await nats.figures("connz?subs=1")`. */
  async figures(path: string): Promise<unknown> {
    return (await fetch(`http://127.0.0.1:${this.monitorPort}/${path}`)).json();
  }
}

/** Starts one NATS server. */
export async function startNats(scope: Scope, settings: NatsSettings = {}): Promise<Nats> {
  const nats = new Nats(
    scope,
    [settings.port ?? (await freePort()), await freePort()],
    settings.config ?? "",
  );
  await nats.start();
  return nats;
}

/** Settings of a cluster. */
export interface NatsClusterSettings {
  /** Its name. */
  readonly name?: string;
  /** Further text of the configuration of each server, by its index. */
  readonly config?: (index: number) => string;
}

/** Starts three NATS servers that are one cluster, and waits until each has its routes to the others. */
export async function startNatsCluster(
  scope: Scope,
  { name = "test", config = () => "" }: NatsClusterSettings = {},
): Promise<readonly Nats[]> {
  const ports = await freePorts(9);
  const routePorts = ports.slice(6);
  const routes = routePorts.map((port) => `"nats-route://127.0.0.1:${port}"`).join(", ");
  const servers = routePorts.map((routePort, index) => {
    const cluster = `cluster { name: "${name}", listen: "127.0.0.1:${routePort}", routes: [${routes}] }`;
    return new Nats(
      scope,
      [ports[index] ?? 0, ports[index + 3] ?? 0],
      `server_name: "${name}-${index}"\n${cluster}\n${config(index)}`,
    );
  });
  await Promise.all(servers.map((server) => server.start()));
  for (const server of servers) await hasRoutes(server, 2);
  return servers;
}

async function hasRoutes(server: Nats, count: number): Promise<void> {
  await until(async () => {
    const routez = await server.figures("routez");
    return isObject(routez) && Number(routez["num_routes"]) >= count;
  }, "the routes of a NATS cluster");
}

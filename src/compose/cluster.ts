// The cluster of a node: who the node is for others, and joining them.
import { networkInterfaces } from "node:os";
import { askDirectly } from "../cluster/ask-directly.ts";
import type { OpenBus } from "../cluster/bus.ts";
import { hashText } from "../cluster/census/rendezvous.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { NODE_PATH } from "../http/health.ts";
import { reasonOf } from "../log/reason.ts";
import { JoinedCluster } from "../node/joined/joined-cluster.ts";
import type { Node } from "../node/node.ts";
import { clockMs } from "./clocks.ts";
import { StartError } from "./start-error.ts";

/** Between two attempts to reach a broker that is down at the start. */
const RETRY_MS = 1000;
/** How long a node waits at its start for others to answer: on this machine, and by way of a broker. */
const LOCAL_GATHER_MS = 100;
const GATHER_MS = 300;
const NODE_ID_BYTES = 10;

/** Makes the cluster of a node that joins others. `node` is called once the node exists. */
export function makeCluster(config: Config, node: () => Node, log: Log): JoinedCluster {
  const nodeId = Buffer.from(crypto.getRandomValues(new Uint8Array(NODE_ID_BYTES))).toString("hex");
  return new JoinedCluster(
    {
      nodeId,
      prefix: prefixOf(config),
      gatherMs: config.adapterDriver === "local" ? LOCAL_GATHER_MS : GATHER_MS,
      region: config.region,
      regionGraceMs: config.regionGraceSeconds * 1000,
      apps: config.apps.flatMap(({ id, credentials }) =>
        credentials.map(({ key }) => hashText(`${id}/${key}`)),
      ),
      nowMs: clockMs,
      askDirectly,
    },
    node,
    (isThere, reason) => {
      if (isThere) log.info("bus is back");
      else log.error("bus lost", { reason });
    },
  );
}

/**
 * Joins the other nodes. Rejects if the broker cannot be reached, unless it is to be waited for, and if another cluster is
 * behind the same prefix.
 */
export async function joinCluster(
  cluster: JoinedCluster,
  openBus: OpenBus,
  config: Config,
  log: Log,
): Promise<void> {
  try {
    await cluster.openBus(config.waitForBroker ? patiently(openBus, log) : openBus);
  } catch (error) {
    throw new StartError(reasonOf(error), { cause: error });
  }
  for (const app of config.apps) cluster.followAppOf(app);
}

/** Where other nodes can ask this one directly whether it lives; empty if they cannot. */
export function addressOf(config: Config, port: number): string {
  if (config.unixSocketEnabled) return "";
  const isEverywhere = config.host === "0.0.0.0" || config.host === "::";
  const host = isEverywhere ? ownAddress() : config.host;
  const scheme = config.sslEnabled ? "https" : "http";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${config.pathPrefix}${NODE_PATH}`;
}

function prefixOf(config: Config): string {
  switch (config.adapterDriver) {
    case "local":
      return "";
    case "redis":
      return config.redisPrefix;
    case "redis-cluster":
      return config.clusterPrefix;
    case "nats":
      return config.natsPrefix;
    default:
      return config.adapterDriver satisfies never;
  }
}

/** Tries again until the broker is there. */
function patiently(openBus: OpenBus, log: Log): OpenBus {
  return async (member) => {
    for (;;) {
      try {
        return await openBus(member);
      } catch (error) {
        log.warn("waiting for the broker", { reason: reasonOf(error) });
        await Bun.sleep(RETRY_MS);
      }
    }
  };
}

function ownAddress(): string {
  for (const addresses of Object.values(networkInterfaces()))
    for (const { family, internal, address } of addresses ?? [])
      if (family === "IPv4" && !internal) return address;
  return "127.0.0.1";
}

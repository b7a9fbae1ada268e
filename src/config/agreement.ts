// The rules between options: combinations that are invalid although each option is valid. Errors are reported at an
// option that was given, so that the author can find it.

import type { Config } from "./config.ts";
import { refuse } from "./source-position.ts";
import type { GivenValue, GivenValues } from "./table.ts";

type Server = Omit<Config, "apps">;

/** The settings, with those that follow from others filled in. Reports contradictions. */
export function agreed(server: Server, givenValues: GivenValues): Server {
  refuseSamePort(server, givenValues);
  refuseBackwardsWaits(server, givenValues);
  refuseNoServers(server, givenValues);
  return { ...server, sslEnabled: isTls(server, givenValues) };
}

/** Whether TLS is on. soketi has no switch for it: there TLS is on when both paths are set. */
function isTls({ sslEnabled, sslCertPath, sslKeyPath }: Server, givenValues: GivenValues): boolean {
  const enabled = givenValues.get("ssl.enabled");
  if (enabled !== undefined && !sslEnabled) return false;
  const cert = sslCertPath !== "";
  const key = sslKeyPath !== "";
  if (cert && key) return true;
  if (!cert && !key && !sslEnabled) return false;
  const missing = cert ? "ssl.key_path" : key ? "ssl.cert_path" : "ssl.cert_path and ssl.key_path";
  const given = enabled ?? givenValues.get(cert ? "ssl.cert_path" : "ssl.key_path");
  refuseAt(given, `TLS needs ${missing} too`);
  return false;
}

function refuseSamePort(server: Server, givenValues: GivenValues): void {
  const { metricsEnabled, metricsPort, metricsHost, port, host } = server;
  if (!metricsEnabled || server.unixSocketEnabled || port === 0 || port !== metricsPort) return;
  const everywhere = ["0.0.0.0", "::"];
  if (host !== metricsHost && ![host, metricsHost].some((each) => everywhere.includes(each)))
    return;
  refuseAt(
    givenValues.get("metrics.port") ?? givenValues.get("port"),
    "metrics have a port of their own, this is the port of the server",
  );
}

function refuseBackwardsWaits(server: Server, givenValues: GivenValues): void {
  if (server.webhookRetryInitialMs <= server.webhookRetryMaxMs) return;
  refuseAt(
    givenValues.get("webhooks.retry.initial_backoff_ms") ??
      givenValues.get("webhooks.retry.max_backoff_ms"),
    "webhooks.retry.initial_backoff_ms must not be longer than webhooks.retry.max_backoff_ms",
  );
}

/** A broker that has no servers. Only those of NATS and of one Redis have a default. */
function refuseNoServers(server: Server, givenValues: GivenValues): void {
  const { adapterDriver, redisClusterMode, clusterNodes, redisClusterNodes, natsServers } = server;
  const given = givenValues.get("adapter.driver");
  const isCluster =
    adapterDriver === "redis-cluster" || (adapterDriver === "redis" && redisClusterMode);
  if (isCluster && clusterNodes.length === 0 && redisClusterNodes.length === 0)
    refuseAt(given, "a Redis Cluster needs adapter.cluster.nodes too, with some of its servers");
  if (adapterDriver === "nats" && natsServers.length === 0)
    refuseAt(givenValues.get("adapter.nats.servers"), "NATS needs at least one server");
}

function refuseAt(given: GivenValue | undefined, problem: string): void {
  if (given !== undefined) refuse(given.position, { problem });
}

// What no option can be judged for alone: options that are right each and wrong together. Mistakes are reported
// at the option that was given, so that the author finds it.

import type { Config } from "./config.ts";
import { refuse, type Place } from "./place.ts";
import type { Given, Givens } from "./table.ts";

type Server = Omit<Config, "apps">;

/** The settings with what follows from others; reports those that contradict one another. */
export function agreed(server: Server, givens: Givens): Server {
  refuseSamePort(server, givens);
  refuseBackwardsWaits(server, givens);
  return { ...server, sslEnabled: isTls(server, givens) };
}

/** Whether TLS is on. soketi has no switch for it: both paths are. */
function isTls({ sslEnabled, sslCertPath, sslKeyPath }: Server, givens: Givens): boolean {
  const enabled = givens.get("ssl.enabled");
  if (enabled !== undefined && !sslEnabled) return false;
  const cert = sslCertPath !== "";
  const key = sslKeyPath !== "";
  if (cert && key) return true;
  if (!cert && !key && !sslEnabled) return false;
  const missing = cert ? "ssl.key_path" : key ? "ssl.cert_path" : "ssl.cert_path and ssl.key_path";
  const given = enabled ?? givens.get(cert ? "ssl.cert_path" : "ssl.key_path");
  refuseAt(given, `TLS needs ${missing} too`);
  return false;
}

function refuseSamePort(server: Server, givens: Givens): void {
  const { metricsEnabled, metricsPort, metricsHost, port, host } = server;
  if (!metricsEnabled || server.unixSocketEnabled || port === 0 || port !== metricsPort) return;
  const everywhere = ["0.0.0.0", "::"];
  if (host !== metricsHost && ![host, metricsHost].some((each) => everywhere.includes(each)))
    return;
  refuseAt(
    givens.get("metrics.port") ?? givens.get("port"),
    "metrics have a port of their own, this is the port of the server",
  );
}

function refuseBackwardsWaits(server: Server, givens: Givens): void {
  if (server.webhookRetryInitialMs <= server.webhookRetryMaxMs) return;
  refuseAt(
    givens.get("webhooks.retry.initial_backoff_ms") ?? givens.get("webhooks.retry.max_backoff_ms"),
    "webhooks.retry.initial_backoff_ms must not be longer than webhooks.retry.max_backoff_ms",
  );
}

function refuseAt(given: Given | undefined, problem: string): void {
  const place: Place | undefined = given?.place;
  if (place !== undefined) refuse(place, { problem });
}

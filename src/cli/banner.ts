// The banner of a started server: addresses, capacity, and in development mode snippets to paste.
import type { Config } from "../config/config.ts";
import type { LogFields } from "../log/line.ts";
import { printable } from "../log/printable.ts";
import {
  curlSnippet,
  laravelSnippet,
  pusherJsSnippet,
  type Target,
  terminalsSnippet,
} from "./snippets.ts";
import { paint, type Terminal } from "./terminal.ts";

/** What the banner shows. */
export interface BannerFacts {
  readonly version: string;
  readonly startMs: number;
  readonly config: Config;
  readonly port: number;
  /** Null when metrics are off. */
  readonly metricsPort: number | null;
  readonly capacity: number;
  /** Processes that serve clients. */
  readonly workers: number;
  /** The app that was made for this run, or null when apps are configured. */
  readonly development: Target | null;
}

/** The text of the banner. It contains secrets in development mode only. */
export function banner(terminal: Terminal, facts: BannerFacts): string {
  const { config, development } = facts;
  const title = `${paint(terminal, "bold", "Fanwire")} ${facts.version}`;
  const lines = [
    "",
    `  ${title} ${paint(terminal, "dim", `ready in ${Math.round(facts.startMs)} ms`)}`,
    "",
    ...addressLines(terminal, facts),
    `  Apps         ${development === null ? config.apps.length : "1, made for this run"}`,
    ...(facts.workers === 1 ? [] : [`  Workers      ${facts.workers}`]),
    `  Connections  up to ${facts.capacity.toLocaleString("en")}`,
    "",
  ];
  if (development !== null) lines.push(...developmentLines(terminal, development));
  return `${lines.join("\n")}\n`;
}

/** The same for programs, as fields of the log line `listening`. It never contains a secret, since logs are kept. */
export function listeningFields(facts: BannerFacts): LogFields {
  const { config, port, metricsPort, capacity, workers, version, startMs, development } = facts;
  const unix = config.unixSocketEnabled;
  return {
    address: unix ? config.unixSocketPath : config.host,
    port: unix ? null : port,
    tls: config.sslEnabled && !unix,
    path_prefix: config.pathPrefix,
    metrics_address: metricsPort === null ? null : config.metricsHost,
    metrics_port: metricsPort,
    capacity,
    ...(workers === 1 ? {} : { workers }),
    apps: config.apps.length,
    version,
    start_ms: Math.round(startMs),
    ...(development === null ? {} : { development_app: development.id }),
  };
}

/** A host that clients on this machine can connect to: a loopback address in place of `0.0.0.0` and `::`. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "[::1]" : host;
}

function addressLines(terminal: Terminal, facts: BannerFacts): readonly string[] {
  const { config, port, metricsPort, development } = facts;
  const link = (url: string): string => paint(terminal, "cyan", url);
  const metrics =
    metricsPort === null
      ? []
      : [
          `  Metrics      ${link(`http://${reachableHost(config.metricsHost)}:${metricsPort}/metrics`)}`,
        ];
  if (config.unixSocketEnabled)
    return [`  Unix socket  ${link(printable(config.unixSocketPath))}`, ...metrics];
  const address = `${reachableHost(config.host)}:${port}${config.pathPrefix}`;
  const s = config.sslEnabled ? "s" : "";
  return [
    `  WebSocket    ${link(`ws${s}://${address}/app/${development?.key ?? "KEY"}`)}`,
    `  HTTP API     ${link(`http${s}://${address}/apps/${development?.id ?? "ID"}`)}`,
    ...metrics,
  ];
}

function developmentLines(terminal: Terminal, target: Target): readonly string[] {
  const section = (title: string, text: string): readonly string[] => [
    `  ${paint(terminal, "bold", title)}`,
    "",
    text,
    "",
  ];
  return [
    `  ${paint(terminal, "yellow", "Development mode")}: no app is configured, so these credentials are new with every start.`,
    `  To keep them: fanwire --app ${target.id}:${target.key}:${target.secret}`,
    "",
    ...section("pusher-js", pusherJsSnippet(target)),
    ...section("Laravel, in .env", laravelSnippet(target)),
    ...section("curl", curlSnippet(target)),
    ...section("Two terminals", terminalsSnippet(target)),
  ];
}

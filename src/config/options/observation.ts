// The options of metrics and the log.

import { flag, oneOf, redacted, text } from "../kinds.ts";
import { HOST, PORT } from "../network-kinds.ts";
import type { Table } from "../table.ts";

/** The level of a log. Each level includes those after it. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Metrics and the log. */
export interface ObservationConfig {
  /** Whether metrics are served, on a port of their own. */
  readonly metricsEnabled: boolean;
  readonly metricsDriver: "prometheus";
  readonly metricsHost: string;
  readonly metricsPort: number;
  /** The prefix of the names of all metrics. */
  readonly metricsPrefix: string;
  /** The bearer token that is required to read metrics, a secret. Empty for none. */
  readonly metricsToken: string;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
}

/** The rows of `ObservationConfig`. */
export const OBSERVATION_OPTIONS: Table<ObservationConfig> = {
  metricsEnabled: {
    path: "metrics.enabled",
    kind: flag(),
    default: false,
    env: ["FANWIRE_METRICS_ENABLED"],
    doc: "Whether metrics are served, at `/metrics` on a port of their own.",
  },
  metricsDriver: {
    path: "metrics.driver",
    kind: oneOf(["prometheus"]),
    default: "prometheus",
    env: ["FANWIRE_METRICS_DRIVER"],
    doc: "How metrics are written.",
  },
  metricsHost: {
    path: "metrics.host",
    kind: HOST,
    default: "127.0.0.1",
    env: ["FANWIRE_METRICS_HOST"],
    doc: "The address to serve metrics on.",
  },
  metricsPort: {
    path: "metrics.port",
    kind: PORT,
    default: 9601,
    env: ["FANWIRE_METRICS_PORT"],
    doc: "The port to serve metrics on. 0 lets the system choose a free one.",
  },
  metricsPrefix: {
    path: "metrics.prometheus.prefix",
    kind: text('empty, or letters, digits and _ such as "fanwire_"', /^([a-z_:][\w:]*)?$/i),
    default: "fanwire_",
    env: ["FANWIRE_METRICS_PROMETHEUS_PREFIX"],
    doc: "What the name of every metric begins with.",
  },
  metricsToken: {
    path: "metrics.token",
    kind: redacted(text("empty, or text without whitespace", /^\S*$/)),
    default: "",
    env: ["FANWIRE_METRICS_TOKEN"],
    doc: "What a reader of metrics must send as `Authorization: Bearer TOKEN`. Empty asks for nothing.",
  },
  logLevel: {
    path: "log.level",
    kind: oneOf(["debug", "info", "warn", "error"]),
    default: "info",
    env: ["FANWIRE_LOG_LEVEL"],
    doc: "How much is logged: this level and those after it. `debug: true` of other servers is the level `debug`.",
  },
  logFormat: {
    path: "log.format",
    kind: oneOf(["text", "json"]),
    default: "text",
    env: ["FANWIRE_LOG_FORMAT"],
    doc: "How a line of the log is written: for people, or as one JSON object. With `json` everything that the server writes is such lines, mistakes of a start included, and a line `listening` stands in place of the banner.",
  },
};

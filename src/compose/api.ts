// The parts of a node that answer requests: the signed API, health, files, and the limits on requests.
import { clientAsset } from "../client/assets.ts";
import type { Config } from "../config/config.ts";
import { Cors } from "../http/cors.ts";
import type { HealthContext, MemoryUse } from "../http/health.ts";
import { IdempotencyKeys } from "../http/idempotency.ts";
import type { ApiContext } from "../http/pipeline.ts";
import { ApiQuota } from "../http/quota.ts";
import { SeenRequests } from "../http/replay.ts";
import type { Log } from "../log/log.ts";
import type { LiveApps } from "../node/apps.ts";
import type { Node } from "../node/node.ts";
import type { PublishLatency } from "../metrics/histogram.ts";
import { AddressRate, TrustedProxies } from "../session/addresses.ts";
import type { Admission } from "../session/admission.ts";
import type { Steps } from "../session/steps.ts";
import { UnsignedBudget } from "../session/unsigned-budget.ts";
import type { ServerParts } from "../transport/entrance.ts";
import type { ServerOptions } from "../transport/servers.ts";
import { clockMs } from "./clocks.ts";
import { type NodeCounts, refusalLog } from "./counts.ts";

/** Files by path, besides those that every node has; null for other paths. */
export type Pages = (path: string) => Response | null;

/** What the API is made of. */
export interface ApiInputs {
  readonly node: Node;
  readonly steps: Steps;
  readonly latency: PublishLatency;
}

/** The context of the signed API. */
export function apiContext(config: Config, { node, steps, latency }: ApiInputs): ApiContext {
  return {
    node,
    quota: new ApiQuota(clockMs),
    seen: new SeenRequests(),
    keys: new IdempotencyKeys(
      {
        maxLength: config.idempotencyMaxKeyLength,
        maxKeys: config.idempotencyMaxKeys,
        maxBytes: config.idempotencyMaxBytes,
      },
      clockMs,
    ),
    inSteps: (work) => steps.run(work),
    nowMs: Date.now,
    clockMs,
    published: (app, durationMs) => latency.observe(app.id, durationMs),
  };
}

/** What health is judged by. */
export interface HealthInputs {
  readonly apps: LiveApps;
  readonly memory: MemoryUse;
  readonly draining: () => boolean;
  /** Whether the broker cannot be reached. */
  readonly isCutOff: () => boolean;
  /** The node's id for other nodes; null for a node that runs alone. */
  readonly nodeId: string | null;
}

/** The context of the health routes. */
export function healthContext(config: Config, inputs: HealthInputs): HealthContext {
  return {
    ...inputs,
    memoryThresholdPercent: config.acceptTrafficMemoryThresholdPercent,
    usageEnabled: config.usageEnabled,
  };
}

/** What requests are answered with. */
export interface RequestInputs {
  readonly api: ApiContext;
  readonly health: HealthContext;
  readonly admission: Admission;
  readonly counts: NodeCounts;
  readonly log: Log;
  readonly pages: Pages;
}

/** What the listeners answer with. */
export function serverParts(config: Config, inputs: RequestInputs): ServerParts {
  const { api, health, admission, counts, log, pages } = inputs;
  return {
    api,
    health,
    admission,
    cors: new Cors({
      origins: config.corsOrigins,
      methods: config.corsMethods,
      headers: config.corsHeaders,
      credentials: config.corsCredentials,
    }),
    proxies: new TrustedProxies(config.trustedProxies),
    apiRate: config.rateLimiterEnabled
      ? new AddressRate(config.apiRequestsPerWindow, config.apiWindowSeconds * 1000, clockMs)
      : null,
    unsignedBudget: new UnsignedBudget(
      {
        perAddress: config.unsignedRequestsPerAddress,
        perSecond: config.unsignedRequestsPerSecond,
      },
      clockMs,
    ),
    requestId: refusalLog(log),
    limitHit: (limit) => counts.limitHit(limit),
    assets: (path) => clientAsset(path) ?? pages(path),
    report: (error) => log.error("unexpected error", { reason: String(error) }),
  };
}

/** How the listeners behave. */
export function serverOptions(config: Config): ServerOptions {
  return {
    pathPrefix: config.pathPrefix,
    maxFrameBytes: config.websocketMaxPayloadBytes,
    backpressureLimitBytes: config.websocketMaxBackpressureBytes,
    maxRequestBodyBytes: config.httpRequestLimitBytes,
  };
}

// The composition root: the only file that names concrete backends. It turns a configuration into
// a running node.
import { randomBytes, randomUUID } from "node:crypto";
import { chmodSync, rmSync } from "node:fs";
import { deltaOptions, lagLimits, lookBytes, rateLimits } from "./bounds.ts";
import { memoryApps } from "./apps/memory.ts";
import { clientAsset } from "./assets.ts";
import type { Config } from "./config/config.ts";
import { admissionLimits } from "./limits.ts";
import { MemoryFigures, openFileLimit } from "./machine.ts";
import { Cors } from "./http/cors.ts";
import type { HealthContext } from "./http/health.ts";
import { IdempotencyKeys } from "./http/idempotency.ts";
import { ApiQuota } from "./http/quota.ts";
import { SeenRequests } from "./http/replay.ts";
import { EventStream } from "./events/stream.ts";
import { FossilEncoder } from "./delta/fossil.ts";
import { VcdiffEncoder } from "./delta/vcdiff.ts";
import { Hub } from "./hub/hub.ts";
import { publishFromApi } from "./hub/publish.ts";
import { Listeners } from "./kernel.ts";
import { addressOf, ListenError } from "./listening.ts";
import type { Log } from "./log/log.ts";
import { exposition } from "./metrics/exposition.ts";
import { metricsHandler } from "./metrics/handler.ts";
import { PublishLatency } from "./metrics/histogram.ts";
import { LoopLag } from "./metrics/loop-lag.ts";
import { takeSnapshot } from "./metrics/metric.ts";
import { nodeMetrics } from "./metrics/node-metrics.ts";
import type { App } from "./protocol/app.ts";
import { CODECS } from "./protocol/codecs.ts";
import { LENIENCIES, type Leniency } from "./protocol/leniency.ts";
import { CLOSE, type Fault, isFault, type LimitName } from "./protocol/faults.ts";
import { readEvent } from "./protocol/publication.ts";
import { systemClock } from "./queue/clock.ts";
import { MemoryQueue } from "./queue/memory.ts";
import { retireAll, retireFormer } from "./retirement.ts";
import { listenForOperators, type ServerParts, Servers } from "./server.ts";
import { AddressRate, TrustedProxies } from "./session/addresses.ts";
import { Admission } from "./session/admission.ts";
import { AuthorisationQueue } from "./session/authorisation.ts";
import { closeSpread, type DrainClock } from "./session/drain.ts";
import { LivenessWheel } from "./session/liveness.ts";
import { Mailboxes } from "./session/mailboxes.ts";
import { Session, type SessionContext } from "./session/session.ts";
import { lookInSteps, SlowSearch } from "./session/slow.ts";
import { socketIds } from "./session/socket-ids.ts";
import { StrangerBudget } from "./session/strangers.ts";
import { type StepClock, Steps } from "./session/steps.ts";
import { Windows } from "./session/windows.ts";
import { allowance, systemResolve } from "./webhook/destination.ts";
import type { ConditionChange } from "./webhook/conditions.ts";
import type { Delivery } from "./webhook/delivery.ts";
import { DEFAULT_WEBHOOK_OPTIONS, Webhooks } from "./webhook/webhooks.ts";

/** A node that listens. */
export interface Node {
  /** 0 for a Unix socket. */
  readonly port: number;
  /** The port of the metrics, or null when they are off. */
  readonly metricsPort: number | null;
  /** Connections that it can hold. */
  readonly capacity: number;
  /** Publishes what would be the body of `POST /events`, without its way over the network. @throws when it is none. */
  publish(app: App, body: Record<string, unknown>): void;
  /** Takes the certificate from its files again; new connections get it, old ones live on. Throws when it cannot be read. */
  renewCertificate(): Promise<void>;
  /** Sends all clients elsewhere, waits for them as long as is configured, and ends. */
  stop(): Promise<void>;
}

const TICK_MS = 1000;
const DRAIN_CLOCK: DrainClock = { nowMs: clockMs, sleep: Bun.sleep };
const STEP_CLOCK: StepClock = {
  nowMs: clockMs,
  later: (action, delayMs) => void setTimeout(action, delayMs),
};
/** Webhooks are tried for this long at the end, however short the grace period is. */
const MIN_FLUSH_MS = 1000;

/** Starts a node, with more pages than it has of its own. Throws when an address cannot be bound or a certificate cannot be read. */
export function startNode(
  config: Config,
  version: string,
  log: Log,
  pages: (path: string) => Response | null = () => null,
): Node {
  const apps = memoryApps(config.apps);
  const fileLimit = openFileLimit();
  const entry = admissionLimits(config, fileLimit, clockMs);
  const webhooks = makeWebhooks(config, version, log);
  const latency = new PublishLatency();
  let stopping = false;
  /** Refused connections, by close code. */
  const refusals = new Map<number, number>();
  const limits = new Map<LimitName, number>();
  /** App and reason of what the log has told of already. */
  const lenientTold = new Set<string>();
  let toldDropped = 0;

  const servers = new Servers(
    {
      pathPrefix: config.pathPrefix,
      maxFrameBytes: config.websocketMaxPayloadBytes,
      backpressureLimitBytes: config.websocketMaxBackpressureBytes,
      maxRequestBodyBytes: config.httpRequestLimitBytes,
    },
    (bytes, status) => slow.published(bytes, status),
  );
  const hub = new Hub({
    sink: servers,
    events: new EventStream([webhooks], (error) =>
      log.once("event listener", "event listener failed", { reason: String(error) }),
    ),
    limitHit: (app, limit) => log.once(`${app.id} ${limit}`, "limit hit", { app: app.id, limit }),
    lenient: tellLenient,
    nowMs: clockMs,
    cache: { ttlMs: config.cacheTtlSeconds * 1000, maxEntries: config.cacheMaxEntries },
    delta: {
      options: deltaOptions(config),
      encoders: { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() },
    },
    codecs: CODECS,
    vacated: () => {},
    lag: lagLimits(config),
    crowd: {
      maxChannels: config.crowdedChannels,
      maxSubscriptions: config.maxSubscriptionsWhenCrowded,
    },
  });
  const slow = new SlowSearch(() => sessionsOf(hub), STEP_CLOCK, lookBytes(config));
  const sessions: SessionContext = {
    liveness: new LivenessWheel({
      activityTicks: config.activityTimeoutSeconds,
      pongTicks: config.pongTimeoutSeconds,
    }),
    authorisation: new AuthorisationQueue(config.userAuthenticationTimeoutSeconds),
    activityTimeoutSeconds: config.activityTimeoutSeconds,
    rates: rateLimits(config),
    windows: new Windows(),
    mailboxes: new Mailboxes({
      maxBytes: config.maxWaitingBytes,
      maxTotalBytes: config.maxWaitingBytesPerNode,
    }),
    steps: new Steps(STEP_CLOCK),
    suspect: (session) => slow.suspect(session),
    nowMs: clockMs,
    departed: (address, isClosing) => {
      if (address !== "") entry.addresses?.leave(address);
      if (isClosing) entry.closing.add();
    },
  };
  const admission = new Admission({
    hub,
    byKey: (key) => apps.byKey(key),
    sessions,
    nextSocketId: socketIds((numbers) => crypto.getRandomValues(numbers)),
    limits: entry,
    refused: ({ code }: Fault) => {
      refusals.set(code ?? 0, (refusals.get(code ?? 0) ?? 0) + 1);
    },
    limitHit,
  });
  const memory = new MemoryFigures();
  const health: HealthContext = {
    apps,
    draining: () => stopping,
    memory,
    memoryThresholdPercent: config.acceptTrafficMemoryThresholdPercent,
    usageEnabled: config.usageEnabled,
  };
  const keys = new IdempotencyKeys(
    {
      maxLength: config.idempotencyMaxKeyLength,
      maxKeys: config.idempotencyMaxKeys,
      maxBytes: config.idempotencyMaxBytes,
    },
    clockMs,
  );
  const parts: ServerParts = {
    admission,
    health,
    api: {
      hub,
      apps,
      quota: new ApiQuota(clockMs),
      seen: new SeenRequests(),
      keys,
      inSteps: (work) => sessions.steps.run(work),
      nowMs: Date.now,
      clockMs,
      published: (app, durationMs) => latency.observe(app.id, durationMs),
    },
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
    strangers: new StrangerBudget(
      {
        perAddress: config.unsignedRequestsPerAddress,
        perSecond: config.unsignedRequestsPerSecond,
      },
      clockMs,
    ),
    requestId: (fault) => {
      const requestId = randomBytes(8).toString("hex");
      const { status, message } = fault;
      // What should have been signed holds the request's parameters.
      const reason = message.replace(/: you should have sent [^]*/, "");
      log.debug("request refused", { request_id: requestId, status, reason });
      return requestId;
    },
    limitHit,
    assets: (path) => clientAsset(path) ?? pages(path),
    report: (error) => log.error("unexpected error", { reason: String(error) }),
  };

  const port = servers.listen(addressOf(config, config.port), parts);
  const listeners = new Listeners(port, (error) =>
    log.warn("listener as the system has it", { reason: String(error) }),
  );
  listeners.keepLittleUnsent();
  if (config.unixSocketEnabled) chmodSync(config.unixSocketPath, config.unixSocketMode);
  const lag = new LoopLag(clockMs);
  const operators = config.metricsEnabled ? serveMetrics() : null;
  const clock = setInterval(() => {
    sessions.windows.next();
    sessions.liveness.advance();
    sessions.authorisation.advance();
    hub.tick();
    keys.sweep();
    lookAtMemory();
    lookInSteps(laggardsOf(hub), STEP_CLOCK);
    for (const session of sessions.mailboxes.connections) session.goOn();
    tellDropped();
  }, TICK_MS);

  function serveMetrics(): ReturnType<typeof listenForOperators> {
    const metrics = nodeMetrics(
      {
        prefix: config.metricsPrefix,
        port,
        openFileLimit: fileLimit,
        version,
        runtime: `bun ${Bun.version}`,
      },
      {
        apps: () => hub.apps,
        refusals,
        limits,
        refusedHeld: () => entry.refusals.heldCount,
        publishLatency: latency,
        loopLag: lag,
        webhooks,
      },
    );
    const collect = async (): Promise<ReturnType<typeof takeSnapshot>[]> => [
      takeSnapshot(metrics, (name, error) =>
        log.once(name, "metric left out", { metric: name, reason: String(error) }),
      ),
    ];
    const access = { token: config.metricsToken === "" ? null : config.metricsToken };
    const handle = metricsHandler(exposition(collect), access);
    try {
      return listenForOperators(config.metricsHost, config.metricsPort, handle);
    } catch (error) {
      throw new ListenError(`${config.metricsHost}:${config.metricsPort} for metrics`, error);
    }
  }

  function lookAtMemory(): void {
    try {
      memory.look();
    } catch (error) {
      log.once("memory", "memory unknown", { reason: String(error) });
    }
  }

  /** Webhooks that found no room: their endpoint is slower than what happens. */
  function tellDropped(): void {
    const { droppedEvents } = webhooks.counters;
    if (droppedEvents > toldDropped)
      log.once("webhooks dropped", "webhooks dropped", { events: droppedEvents - toldDropped });
    toldDropped = droppedEvents;
  }

  /** Once for each app and reason: it is a matter of how the application is written. */
  function tellLenient({ id }: App, reason: Leniency): void {
    const told = `${id} ${reason}`;
    if (lenientTold.has(told)) return;
    lenientTold.add(told);
    log.warn("let in what Pusher refuses", { app: id, reason: LENIENCIES[reason] });
  }

  function limitHit(limit: LimitName): void {
    limits.set(limit, (limits.get(limit) ?? 0) + 1);
    log.once(limit, "limit hit", { limit });
  }

  function publish(app: App, body: Record<string, unknown>): void {
    const event = readEvent(body, app.limits);
    if (isFault(event)) throw new Error(event.message);
    publishFromApi(hub.of(app), event.publication);
  }

  async function renewCertificate(): Promise<void> {
    const former = listeners.descriptors();
    servers.listen(addressOf(config, port), parts);
    listeners.keepLittleUnsent();
    await retireFormer(servers, listeners, former);
  }

  async function stop(): Promise<void> {
    stopping = true;
    if (config.shutdownDelayMs > 0) await Bun.sleep(config.shutdownDelayMs);
    if (config.reusePort) await listeners.deafen(listeners.descriptors());
    const graceMs = config.shutdownGracePeriodMs;
    const deadlineMs = clockMs() + graceMs;
    admission.draining = true;
    const lastRequests = retireAll(servers, listeners);
    log.info("stopping", { connections: servers.connectionCount, grace_ms: graceMs });
    await closeSpread([...hub.sockets()], CLOSE.shuttingDown(), graceMs, DRAIN_CLOCK);
    await lastRequests(deadlineMs);
    clearInterval(clock);
    sessions.steps.finish();
    const lost = await webhooks.flush(Math.max(MIN_FLUSH_MS, deadlineMs - clockMs()));
    if (lost > 0) log.warn("webhooks lost", { count: lost });
    lag.stop();
    await Promise.all([servers.stop(), operators?.stop()]);
    if (config.unixSocketEnabled) rmSync(config.unixSocketPath, { force: true });
    log.info("stopped");
  }

  return {
    port,
    metricsPort: operators?.port ?? null,
    capacity: entry.capacity,
    publish,
    renewCertificate,
    stop,
  };
}

/** Milliseconds that never go back. */
function clockMs(): number {
  return performance.now();
}

function* sessionsOf(hub: Hub): Iterable<Session> {
  for (const socket of hub.sockets()) if (socket instanceof Session) yield socket;
}

/** The sessions that lag. A copy: looking at one may end its lag. */
function laggardsOf(hub: Hub): readonly Session[] {
  return Array.from(hub.apps).flatMap(({ lags }) =>
    Array.from(lags.keys()).filter((socket) => socket instanceof Session),
  );
}

function makeWebhooks(config: Config, version: string, log: Log): Webhooks {
  return new Webhooks(
    {
      ...DEFAULT_WEBHOOK_OPTIONS,
      batching: config.webhookBatchingEnabled
        ? { windowMs: config.webhookBatchMs, maxEvents: config.webhookBatchEvents }
        : null,
      retry: {
        maxAttempts: config.webhookRetryEnabled ? config.webhookRetryMaxAttempts : 1,
        maxElapsedMs: config.webhookRetryMaxElapsedMs,
        initialBackoffMs: config.webhookRetryInitialMs,
        maxBackoffMs: config.webhookRetryMaxMs,
      },
      requestTimeoutMs: config.webhookRequestTimeoutMs,
      allowed: allowance([], config.webhookAllowPrivateAddresses),
      userAgent: `Fanwire-Webhooks/${version}`,
    },
    {
      queue: new MemoryQueue<Delivery>(systemClock),
      clock: systemClock,
      fetch: (url, init) => fetch(url, init),
      resolve: systemResolve,
      random: Math.random,
      newId: randomUUID,
      changed: (change) => tellCondition(log, change),
    },
  );
}

function tellCondition(
  log: Log,
  { condition, appId, url, reason, afterMs }: ConditionChange,
): void {
  const endpoint = { app: appId, url };
  if (condition === "failing") log.warn("webhook endpoint fails", { ...endpoint, reason });
  else if (condition === "refused") log.warn("webhook endpoint refused", { ...endpoint, reason });
  else log.info("webhook endpoint works again", { ...endpoint, after_ms: afterMs });
}

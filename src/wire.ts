// The composition root: the only file that names concrete backends. It turns a configuration into
// a running node.
import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, rmSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import type { TLSOptions } from "bun";
import { memoryApps } from "./apps/memory.ts";
import type { Config } from "./config/config.ts";
import { connectionCapacity, openFileLimit } from "./descriptors.ts";
import { Cors } from "./http/cors.ts";
import { ApiQuota } from "./http/quota.ts";
import { SeenSignatures } from "./http/replay.ts";
import { Hub } from "./hub/hub.ts";
import { CLOSE } from "./protocol/faults.ts";
import { TokenBucket } from "./protocol/token-bucket.ts";
import { type Address, type ServerParts, Servers } from "./server.ts";
import { AddressLimiter, AddressRate, TrustedProxies } from "./session/addresses.ts";
import { Admission } from "./session/admission.ts";
import { AuthorisationQueue } from "./session/authorisation.ts";
import { closeSpread } from "./session/drain.ts";
import { LivenessWheel } from "./session/liveness.ts";
import { Session, type SessionContext } from "./session/session.ts";
import { SlowSearch } from "./session/slow.ts";
import { socketIds } from "./session/socket-ids.ts";

/** A node that listens. */
export interface Node {
  /** 0 for a Unix socket. */
  readonly port: number;
  /** Connections that it can hold. */
  readonly capacity: number;
  /** Takes the certificate from its files again; new connections get it, old ones live on. */
  renewCertificate(): void;
  /** Sends all clients elsewhere, waits for them as long as is configured, and ends. */
  stop(): Promise<void>;
}

const TICK_MS = 1000;
const STOP_POLL_MS = 20;

/** Starts a node. Throws when the address cannot be bound. `report` is told of exceptions that no handler caught. */
export function startNode(config: Config, report: (error: unknown) => void): Node {
  const apps = memoryApps(config.apps);
  const capacity = Math.min(connectionCapacity(openFileLimit()), config.maxConnections);
  const servers = new Servers(
    {
      pathPrefix: config.pathPrefix,
      maxFrameBytes: config.websocketMaxPayloadBytes,
      backpressureLimitBytes: config.websocketMaxBackpressureBytes,
      maxRequestBodyBytes: config.httpRequestLimitBytes,
    },
    () => slow.begin(),
  );
  const hub = new Hub({
    sink: servers,
    facts: { note: () => {} },
    nowMs: Date.now,
    cache: { ttlMs: config.cacheTtlSeconds * 1000, maxEntries: config.cacheMaxEntries },
  });
  const slow = new SlowSearch(
    () => sessionsOf(hub),
    (action, delayMs) => void setTimeout(action, delayMs),
  );
  const addresses = addressLimiter(config);
  const sessions: SessionContext = {
    liveness: new LivenessWheel({
      activityTicks: config.activityTimeoutSeconds,
      pongTicks: config.pongTimeoutSeconds,
    }),
    authorisation: new AuthorisationQueue(config.userAuthenticationTimeoutSeconds),
    activityTimeoutSeconds: config.activityTimeoutSeconds,
    maxFramesPerSecond: config.maxFramesPerSecond,
    maxControlFramesPerSecond: config.maxControlFramesPerSecond,
    backpressureLimitBytes: config.websocketMaxBackpressureBytes,
    nowMs: clockMs,
    departed: (address) => addresses?.leave(address),
  };
  const admission = new Admission({
    hub,
    byKey: apps.byKey,
    sessions,
    nextSocketId: socketIds((numbers) => crypto.getRandomValues(numbers)),
    limits: {
      capacity,
      addresses,
      handshakes:
        config.maxHandshakesPerSecond === Infinity
          ? null
          : new TokenBucket(config.maxHandshakesPerSecond, clockMs()),
    },
    refused: () => {},
  });
  const parts: ServerParts = {
    admission,
    report,
    api: { hub, apps, quota: new ApiQuota(clockMs), seen: new SeenSignatures(), nowMs: Date.now },
    health: {
      apps,
      draining: () => admission.draining,
      memory: () => ({ usedBytes: process.memoryUsage.rss(), totalBytes: memoryLimitBytes() }),
      memoryThresholdPercent: config.acceptTrafficMemoryThresholdPercent,
      usageEnabled: config.usageEnabled,
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
    nextRequestId: () => randomBytes(8).toString("hex"),
  };

  const port = servers.listen(addressOf(config, config.port), parts);
  if (config.unixSocketEnabled) chmodSync(config.unixSocketPath, config.unixSocketMode);
  const clock = setInterval(() => {
    sessions.liveness.advance();
    sessions.authorisation.advance();
    hub.tick();
  }, TICK_MS);

  function renewCertificate(): void {
    servers.listen(addressOf(config, port), parts);
    void servers.retire("current");
  }

  async function stop(): Promise<void> {
    const deadlineMs = clockMs() + config.shutdownGracePeriodMs;
    admission.draining = true;
    await servers.retire("none");
    await closeSpread(
      [...hub.sockets()],
      CLOSE.shuttingDown(),
      config.shutdownGracePeriodMs,
      Bun.sleep,
    );
    while (servers.connectionCount > 0 && clockMs() < deadlineMs) await Bun.sleep(STOP_POLL_MS);
    clearInterval(clock);
    await servers.stop();
    if (config.unixSocketEnabled) rmSync(config.unixSocketPath, { force: true });
  }

  return { port, capacity, renewCertificate, stop };
}

/** Milliseconds that never go back. */
function clockMs(): number {
  return performance.now();
}

function* sessionsOf(hub: Hub): Iterable<Session> {
  for (const socket of hub.sockets()) if (socket instanceof Session) yield socket;
}

/** Where to listen. Reads the certificate's files; throws when they cannot be read. */
function addressOf(config: Config, port: number): Address {
  if (config.unixSocketEnabled) return { kind: "unix", path: config.unixSocketPath };
  return {
    kind: "tcp",
    host: config.host,
    port,
    // A renewed certificate needs a second listener on the port.
    reusePort: config.reusePort || config.sslEnabled,
    tls: config.sslEnabled ? certificate(config) : null,
  };
}

function certificate(config: Config): TLSOptions {
  return {
    cert: readFileSync(config.sslCertPath),
    key: readFileSync(config.sslKeyPath),
    ...(config.sslPassphrase === "" ? {} : { passphrase: config.sslPassphrase }),
    ...(config.sslCaPath === "" ? {} : { ca: readFileSync(config.sslCaPath) }),
  };
}

function addressLimiter(config: Config): AddressLimiter | null {
  if (!config.rateLimiterEnabled && config.maxConnectionsPerAddress === Infinity) return null;
  return new AddressLimiter(
    {
      maxConnections: config.maxConnectionsPerAddress,
      maxHandshakes: config.rateLimiterEnabled ? config.handshakesPerWindow : Infinity,
      windowMs: config.handshakeWindowSeconds * 1000,
    },
    clockMs,
  );
}

/** What this process may use: the container's limit where there is one, else the machine's memory. */
function memoryLimitBytes(): number {
  const cgroup = "/sys/fs/cgroup/memory.max";
  const limit = statSync(cgroup, { throwIfNoEntry: false })
    ? Number(readFileSync(cgroup, "utf8"))
    : Number.NaN;
  return Number.isFinite(limit) ? limit : totalmem();
}

// A node from a configuration. Each part is made by a function of its own; here they are put together, started and
// returned.
import type { Apps } from "../apps/apps.ts";
import type { Config } from "../config/config.ts";
import type { Hub } from "../hub/hub.ts";
import type { ApiContext } from "../http/pipeline.ts";
import type { Log } from "../log/log.ts";
import type { NodeFigures } from "../metrics/figures.ts";
import { PublishLatency } from "../metrics/histogram.ts";
import { LoopLag } from "../metrics/loop-lag.ts";
import { LiveApps } from "../node/apps.ts";
import { Deadlines } from "../node/deadlines.ts";
import { Node } from "../node/node.ts";
import { MemoryFigures, openFileLimit } from "../process/machine.ts";
import type { App } from "../protocol/app.ts";
import type { Admission, AdmissionLimits } from "../session/admission.ts";
import type { SessionContext } from "../session/session.ts";
import { Servers } from "../transport/servers.ts";
import type { Webhooks } from "../webhook/webhooks.ts";
import { apiContext, healthContext, type Pages, serverOptions, serverParts } from "./api.ts";
import { appStore } from "./backends.ts";
import { clockMs } from "./clocks.ts";
import { startClock } from "./clockwork.ts";
import { NodeCounts } from "./counts.ts";
import { type HubParts, makeHub, publishBody } from "./hub.ts";
import { admissionLimits } from "./limits.ts";
import { listen } from "./listening.ts";
import { serveMetrics } from "./operators.ts";
import { makeAdmission, sessionContext } from "./sessions.ts";
import { stopNode } from "./stop.ts";
import { droppedLog, makeWebhooks } from "./webhooks.ts";

/** A node that listens. */
export interface RunningNode {
  /** 0 for a Unix socket. */
  readonly port: number;
  /** The port of the metrics, or null when they are off. */
  readonly metricsPort: number | null;
  /** Connections that it can hold. */
  readonly capacity: number;
  /** Publishes the body of a `POST /events` without a request. @throws when it is none. */
  readonly publish: (app: App, body: Record<string, unknown>) => void;
  /** Loads the certificate's files again; new connections get it, open ones live on. @throws when it cannot be read. */
  readonly renewCertificate: () => Promise<void>;
  /** Sends all clients elsewhere, waits for them as long as is configured, and ends. */
  readonly stop: () => Promise<void>;
}

/** Starts a node, with pages besides its own. @throws when an address cannot be bound or a certificate cannot be read. */
export function startNode(
  config: Config,
  version: string,
  log: Log,
  pages: Pages = () => null,
): RunningNode {
  const core = makeCore(config, version, log);
  const memory = new MemoryFigures();
  let isStopping = false;
  const health = healthContext(config, { apps: core.apps, memory, draining: () => isStopping });
  const parts = serverParts(config, { ...core, health, log, pages });
  const servers = new Servers(serverOptions(config), core.topics);
  const listening = listen(config, servers, parts, log);
  const { port, renewCertificate } = listening;
  const loopLag = new LoopLag(clockMs);
  const facts = { port, openFileLimit: core.fileLimit, version };
  const operators = serveMetrics(config, facts, nodeFigures(core, loopLag), log);
  const { hub, node, sessions, webhooks } = core;
  const logDropped = droppedLog(webhooks, log);
  const stopClock = startClock({ node, sessions, keys: core.api.keys, memory, logDropped, log });
  return {
    port,
    metricsPort: operators?.port ?? null,
    capacity: core.limits.capacity,
    publish: (app, body) => publishBody(hub, app, body),
    renewCertificate,
    async stop() {
      isStopping = true;
      await stopNode({ ...core, config, log, listening, operators, loopLag, stopClock });
    },
  };
}

/** What a node consists of before it listens. */
interface Core extends HubParts {
  readonly apps: Apps;
  readonly node: Node;
  readonly webhooks: Webhooks;
  readonly sessions: SessionContext;
  readonly admission: Admission;
  readonly api: ApiContext;
  readonly counts: NodeCounts;
  readonly latency: PublishLatency;
  readonly limits: AdmissionLimits;
  /** Files that the process may open. */
  readonly fileLimit: number;
}

function makeCore(config: Config, version: string, log: Log): Core {
  const apps = appStore(config);
  const fileLimit = openFileLimit();
  const limits = admissionLimits(config, fileLimit, clockMs);
  const webhooks = makeWebhooks(config, version, log);
  const counts = new NodeCounts(log);
  const latency = new PublishLatency();
  const hubParts = makeHub(config, webhooks, log);
  const node = makeNode(hubParts.hub, apps, log);
  const sessions = sessionContext(config, node, limits, hubParts.search);
  const admission = makeAdmission({ node, sessions, limits, counts });
  const api = apiContext(config, { node, steps: sessions.steps, latency });
  return {
    ...hubParts,
    apps,
    node,
    webhooks,
    sessions,
    admission,
    api,
    counts,
    latency,
    limits,
    fileLimit,
  };
}

/** A node that runs alone. */
function makeNode(hub: Hub, store: Apps, log: Log): Node {
  const deadlines = new Deadlines(clockMs);
  return new Node({
    hub,
    apps: new LiveApps(store, hub, deadlines),
    deadlines,
    cluster: null,
    report: (error) => log.error("store or cluster failed", { reason: String(error) }),
  });
}

/** What the metrics read. */
function nodeFigures(core: Core, loopLag: LoopLag): NodeFigures {
  const { hub, counts, limits, latency, webhooks } = core;
  return {
    apps: () => hub.apps,
    refusals: counts.refusals,
    limits: counts.limits,
    refusedHeld: () => limits.refusals.heldCount,
    publishLatency: latency,
    loopLag,
    webhooks,
  };
}

// A node from a configuration. Each part is made by a function of its own; here they are put together, started and
// returned.
import type { Config } from "../config/config.ts";
import type { Hub } from "../hub/hub.ts";
import { EventStream } from "../events/stream.ts";
import type { ApiContext } from "../http/pipeline.ts";
import type { Log } from "../log/log.ts";
import type { NodeFigures } from "../metrics/figures.ts";
import { PublishLatency } from "../metrics/histogram.ts";
import { LoopLag } from "../metrics/loop-lag.ts";
import type { Snapshot } from "../metrics/metric.ts";
import { LiveApps } from "../node/apps.ts";
import { Deadlines } from "../node/deadlines.ts";
import type { JoinedCluster } from "../node/joined/joined-cluster.ts";
import { Node } from "../node/node.ts";
import { MemoryFigures, openFileLimit } from "../process/machine.ts";
import type { App } from "../protocol/app.ts";
import type { Admission, AdmissionLimits } from "../session/admission.ts";
import type { SessionContext } from "../session/session.ts";
import { Servers } from "../transport/servers.ts";
import type { Webhooks } from "../webhook/webhooks.ts";
import { apiContext, healthContext, type Pages, serverOptions, serverParts } from "./api.ts";
import { type Backends, backendsOf } from "./backends.ts";
import { clockMs } from "./clocks.ts";
import { startClock } from "./clockwork.ts";
import { addressOf, joinCluster, makeCluster } from "./cluster.ts";
import { NodeCounts } from "./counts.ts";
import { type HubParts, makeHub, publishBody } from "./hub.ts";
import { admissionLimits } from "./limits.ts";
import { listen } from "./listening.ts";
import { figuresOf, serveMetrics } from "./operators.ts";
import { makeAdmission, sessionContext } from "./sessions.ts";
import { type Haste, stopNode } from "./stop.ts";
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
  /** Reads all metrics. */
  readonly figures: () => Snapshot;
  /** Sends all clients elsewhere, waits for them as long as is configured or as `haste` says, and ends. */
  readonly stop: (haste?: Haste) => Promise<void>;
}

/** What a node is started with, besides its configuration. */
export interface Surroundings {
  readonly version: string;
  readonly log: Log;
  /** Files besides those that every node has. */
  readonly pages?: Pages | undefined;
  /** Those that the configuration names, if no others are given. */
  readonly backends?: Backends;
}

/** Starts a node. @throws when an address cannot be bound or a certificate cannot be read. */
export async function startNode(
  config: Config,
  { version, log, pages = () => null, backends = backendsOf(config) }: Surroundings,
): Promise<RunningNode> {
  const core = makeCore(config, { version, log, backends });
  const { cluster } = core;
  if (cluster !== null && backends.openBus !== null)
    await joinCluster(cluster, backends.openBus, config, log);
  const memory = new MemoryFigures();
  let isStopping = false;
  const health = healthContext(config, {
    apps: core.node.apps,
    memory,
    draining: () => isStopping,
    isCutOff: () => cluster?.station.isConnected === false,
    nodeId: cluster?.station.nodeId ?? null,
  });
  const parts = serverParts(config, { ...core, health, log, pages });
  const servers = new Servers(serverOptions(config), core.topics);
  const listening = listen(config, servers, parts, log);
  const { port, renewCertificate } = listening;
  cluster?.station.advertise(addressOf(config, port));
  const loopLag = new LoopLag(clockMs);
  const facts = { port, openFileLimit: core.fileLimit, version };
  const figures = figuresOf(config, facts, nodeFigures(core, loopLag), log);
  const operators = serveMetrics(config, async () => [figures()]);
  const { node, sessions, webhooks } = core;
  const logDropped = droppedLog(webhooks, log);
  const stopClock = startClock({ node, sessions, keys: core.api.keys, memory, logDropped, log });
  return {
    port,
    metricsPort: operators?.port ?? null,
    capacity: core.limits.capacity,
    publish: (app, body) => publishBody(node, app, body),
    renewCertificate,
    figures,
    async stop({ handsOver = true, ...haste } = {}) {
      isStopping = true;
      const ending = { ...config, ...haste };
      await stopNode({
        ...core,
        config: ending,
        log,
        listening,
        operators,
        loopLag,
        stopClock,
        handsOver,
      });
    },
  };
}

/** What a node consists of before it listens. */
interface Core extends HubParts {
  readonly node: Node;
  /** Null for a node that runs alone. */
  readonly cluster: JoinedCluster | null;
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

function makeCore(
  config: Config,
  { version, log, backends }: Required<Omit<Surroundings, "pages">>,
): Core {
  const fileLimit = openFileLimit();
  const limits = admissionLimits(config, fileLimit, clockMs);
  const webhooks = makeWebhooks(config, backends.webhookQueue, { version, log });
  const counts = new NodeCounts(log);
  const latency = new PublishLatency();
  const events = new EventStream([webhooks], (error) =>
    log.once("event listener", "event listener failed", { reason: String(error) }),
  );
  const { encoders, openBus } = backends;
  // The node is created after the hub, which has no channels before.
  const cluster = openBus === null ? null : makeCluster(config, () => node, log);
  const hubParts = makeHub(config, { events, encoders, changes: cluster?.changes ?? null, log });
  const { hub, search } = hubParts;
  const node = makeNode(hub, backends, cluster, log);
  const sessions = sessionContext(config, node, limits, search);
  const admission = makeAdmission({ node, sessions, limits, counts });
  const api = apiContext(config, { node, steps: sessions.steps, latency });
  return {
    ...hubParts,
    node,
    cluster,
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

function makeNode(hub: Hub, { apps }: Backends, cluster: JoinedCluster | null, log: Log): Node {
  const deadlines = new Deadlines(clockMs);
  return new Node({
    hub,
    apps: new LiveApps(apps, hub, deadlines),
    deadlines,
    cluster,
    // One line for each reason and not for each client that meets it.
    report: (error) =>
      log.once(String(error), "store or cluster failed", { reason: String(error) }),
  });
}

/** What the metrics read. */
function nodeFigures(core: Core, loopLag: LoopLag): NodeFigures {
  const { hub, counts, limits, latency, webhooks, cluster } = core;
  return {
    apps: () => hub.apps,
    refusals: counts.refusals,
    limits: counts.limits,
    refusedHeld: () => limits.refusals.heldCount,
    publishLatency: latency,
    loopLag,
    webhooks,
    cluster: cluster === null ? null : () => cluster.figuresNow,
  };
}

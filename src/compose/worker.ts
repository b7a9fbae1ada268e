// A worker: a node of its own, which its primary starts with a share of the configuration, and tells to end.
import type { Log } from "../log/log.ts";
import { reasonOf } from "../log/reason.ts";
import { openPrimaryChannel } from "../process/primary-channel.ts";
import { removePrivateFolder } from "../process/private-folder.ts";
import { obeySignalsOfWorker } from "../process/signals.ts";
import { flushServer } from "../process/streams.ts";
import { backendsOf } from "./backends.ts";
import { type RunningNode, startNode } from "./node.ts";
import type { Program } from "./serve.ts";
import { startProblem } from "./start-error.ts";
import type { Haste } from "./stop.ts";
import type { Order, Report, StartOrder } from "./worker-messages.ts";

type Say = (report: Report) => void;

/** How long clients are sent elsewhere when the primary has gone. */
const ORPHAN_GRACE_MS = 3000;

/** Runs a worker until its primary, or a signal, ends it. */
export function runWorker(program: Program): void {
  let isStarted = false;
  /** Null until it listens. */
  let serving: Serving | null = null;
  const say: Say = openPrimaryChannel<Order>({
    ordered(order) {
      if (order.kind === "start" && !isStarted) {
        isStarted = true;
        void start(program, order, say).then((started) => (serving = started));
      } else if (serving !== null) serving.obey(order);
      // The server ends while it starts, which may wait for a broker.
      else if (order.kind === "drain") process.exit(0);
    },
    gone() {
      if (serving === null) process.exit(1);
      serving.orphaned();
    },
  });
  say({ kind: "ready" });
}

/** Starts the node. Null when it could not start; then the process ends. */
async function start(program: Program, order: StartOrder, say: Say): Promise<Serving | null> {
  const { version, streams } = program;
  const { config, worker, bus } = order;
  const log = streams.logIn(config).child({ worker });
  try {
    const backends = backendsOf(config, bus);
    const node = await startNode(config, { version, log, backends });
    const serving = new Serving(program, { order, node, log, say });
    obeySignalsOfWorker({ log, end: () => void serving.end() });
    say({ kind: "listening", port: node.port, capacity: node.capacity });
    return serving;
  } catch (error) {
    say({ kind: "failed", problem: startProblem(config, error) });
    await flushServer(streams);
    // Once what was said has been written.
    setImmediate(() => process.exit(1));
    return null;
  }
}

interface ServingParts {
  readonly order: StartOrder;
  readonly node: RunningNode;
  readonly log: Log;
  readonly say: Say;
}

/** A worker that listens. */
class Serving {
  readonly #program: Program;
  readonly #parts: ServingParts;
  #isEnding = false;

  constructor(program: Program, parts: ServingParts) {
    this.#program = program;
    this.#parts = parts;
  }

  /** Does what the primary says. */
  obey(order: Order): void {
    const { node, say } = this.#parts;
    switch (order.kind) {
      case "start":
        return;
      case "drain":
        // All workers end at once, so that there is nobody to whom the system could pass new connections on.
        // Nor to whom this worker could hand over what it knows for all, unless other machines are behind a broker.
        void this.end({ reusePort: order.goesOn, handsOver: this.#parts.order.bus === null });
        return;
      case "figures":
        say({ kind: "figures", question: order.question, snapshot: node.figures() });
        return;
      case "renew":
        void node.renewCertificate().then(
          () => say({ kind: "renewed", question: order.question, failure: null }),
          (error: unknown) =>
            say({ kind: "renewed", question: order.question, failure: reasonOf(error) }),
        );
        return;
      default:
        order satisfies never;
    }
  }

  /** Sends all clients elsewhere and ends the process. */
  async end(haste: Haste = {}): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await this.#parts.node.stop(haste);
    await flushServer(this.#program.streams);
    process.exit(0);
  }

  /** The primary has gone. The others end as well, so that the port must be free soon. */
  orphaned(): void {
    const { log, order } = this.#parts;
    const { shutdownGracePeriodMs } = order.config;
    log.error("primary has gone");
    if (order.folder !== null) removePrivateFolder(order.folder);
    const graceMs = Math.min(shutdownGracePeriodMs, ORPHAN_GRACE_MS);
    // Whatever holds the end up.
    setTimeout(() => process.exit(1), graceMs + ORPHAN_GRACE_MS).unref();
    void this.end({
      shutdownDelayMs: 0,
      shutdownGracePeriodMs: graceMs,
      reusePort: false,
      handsOver: order.bus === null,
    });
  }
}

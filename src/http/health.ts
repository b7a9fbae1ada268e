// The health checks of operators and load balancers: whether the process is alive, whether it
// should get traffic, and how much memory it uses. The words and the header are Sockudo's; the
// paths are Sockudo's and soketi's.
import type { LiveApps } from "../node/apps.ts";

/**
 * The memory that the process uses and may use, in bytes. Reading it must be cheap, because anyone may request it.
 */
export interface MemoryUse {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/** What the answers depend on. */
export interface HealthContext {
  readonly apps: LiveApps;
  readonly draining: () => boolean;
  /** Whether the node hears nothing of other nodes, because the broker cannot be reached. */
  readonly isCutOff: () => boolean;
  /** The id at which other nodes ask whether this one lives; null for a node that runs alone. */
  readonly nodeId: string | null;
  readonly memory: MemoryUse;
  /** If more than this share of memory is used, `/accept-traffic` answers with an error. */
  readonly memoryThresholdPercent: number;
  /** Whether `/usage` is available. */
  readonly usageEnabled: boolean;
}

/** The path at which a node answers another one that asks whether it lives; the node's id follows. */
export const NODE_PATH = "/.fanwire/node/";

type Word = "OK" | "DRAINING" | "NOT_FOUND" | "ERROR";

const STATUS: Readonly<Record<Word, number>> = {
  OK: 200,
  DRAINING: 503,
  NOT_FOUND: 404,
  ERROR: 503,
};

/** The response to a health path, or null for any other path. */
export function answerHealth(
  context: HealthContext,
  path: string,
): Response | Promise<Response> | null {
  switch (path) {
    case "/":
    case "/live":
      return say("OK");
    case "/up":
    case "/ready":
      return say(context.draining() ? "DRAINING" : context.isCutOff() ? "ERROR" : "OK");
    case "/accept-traffic":
      return say(acceptsTraffic(context) ? "OK" : "ERROR");
    case "/usage":
      return context.usageEnabled ? usage(context.memory) : null;
    default:
      if (path.startsWith("/up/")) return upOfApp(context, path.slice("/up/".length));
      return path.startsWith(NODE_PATH) ? lifeOf(context, path.slice(NODE_PATH.length)) : null;
  }
}

/** Only a node knows its id, so nobody else learns anything. Others answer as they answer to any unknown path. */
function lifeOf({ nodeId }: HealthContext, id: string): Response | null {
  return nodeId !== null && id === nodeId ? new Response(nodeId) : null;
}

async function upOfApp({ apps, draining }: HealthContext, id: string): Promise<Response> {
  if (draining()) return say("DRAINING");
  try {
    const app = await apps.find(id);
    return say(app === null ? "NOT_FOUND" : app.enabled ? "OK" : "ERROR");
  } catch {
    // The store has failed, which is what is asked here.
    return say("ERROR");
  }
}

function acceptsTraffic({ draining, memory, memoryThresholdPercent }: HealthContext): boolean {
  const { usedBytes, totalBytes } = memory;
  return !draining() && usedBytes * 100 < totalBytes * memoryThresholdPercent;
}

function usage({ usedBytes, totalBytes }: MemoryUse): Response {
  const memory = {
    free: totalBytes - usedBytes,
    used: usedBytes,
    total: totalBytes,
    percent: (usedBytes / totalBytes) * 100,
  };
  return Response.json({ memory });
}

function say(word: Word): Response {
  return new Response(word, {
    status: STATUS[word],
    headers: { "Content-Type": "text/plain; charset=utf-8", "X-Health-Check": word },
  });
}

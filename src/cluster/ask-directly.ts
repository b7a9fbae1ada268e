// Asks a node at its own address whether it lives, when the broker brings nothing from it. That tells a node that is dead
// from one that is only cut off.
import type { NodeFacts, Verdict } from "./census/peers.ts";

const TIMEOUT_MS = 900;

/**
 * The answer of the address, followed by the node's id: `dead` if nothing listens at the address, `alive` if the node answers, otherwise `unknown`. Several nodes may share a
 * port, so an answer of another one says nothing.
 */
export async function askDirectly({ id, address }: NodeFacts): Promise<Verdict> {
  if (address === "") return "unknown";
  try {
    const response = await fetch(`${address}${id}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      // The id proves who answers, since it is random and only nodes of the cluster know it. Nothing else is asked or told.
      tls: { rejectUnauthorized: false },
      keepalive: false,
    });
    return response.ok && (await response.text()) === id ? "alive" : "unknown";
  } catch (error) {
    return isRefusal(error) ? "dead" : "unknown";
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ConnectionRefused" || error.code === "ECONNREFUSED";
}

// Finds webhooks that would be refused when they are sent, because their address is not public. `config check` warns of
// them in advance.
import type { Config } from "../config/config.ts";
import {
  type Destination,
  findDestination,
  PUBLIC_ONLY,
  systemResolve,
} from "../webhook/destination.ts";

/** How long the resolution of a host name may take. */
const RESOLVE_MS = 2000;

/** A sentence for each webhook whose address is private now. None if the configuration allows private addresses. */
export async function privateWebhooks(config: Config): Promise<readonly string[]> {
  if (config.webhookAllowPrivateAddresses) return [];
  const urls = new Set(config.apps.flatMap(({ webhooks }) => webhooks.map(({ url }) => url)));
  const found = await Promise.all([...urls].map(findSoon));
  return found.flatMap((destination) =>
    destination?.kind === "refused" ? [`a webhook will not be sent: ${destination.reason}`] : [],
  );
}

function findSoon(url: string): Promise<Destination | null> {
  return Promise.race([
    findDestination(new URL(url), PUBLIC_ONLY, systemResolve),
    Bun.sleep(RESOLVE_MS).then(() => null),
  ]);
}

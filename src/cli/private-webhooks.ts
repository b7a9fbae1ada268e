// Webhooks that would be refused when they are sent, since they lead to an address that is not of the public
// internet: told before, while somebody looks.
import type { Config } from "../config/config.ts";
import {
  type Destination,
  findDestination,
  PUBLIC_ONLY,
  systemResolve,
} from "../webhook/destination.ts";

/** How long a name's address is waited for. */
const RESOLVE_MS = 2000;

/** A sentence for each webhook that leads to such an address now, unless the configuration allows them. */
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

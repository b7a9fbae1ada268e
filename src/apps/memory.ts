// Apps from the configuration, held in memory.
import type { App } from "../protocol/app.ts";
import type { Apps } from "./apps.ts";

/** A store with a fixed list of apps. Their ids and keys are unique; the configuration reader checks that. */
export function memoryApps(apps: readonly App[]): Apps {
  const ids = new Map(apps.map((app) => [app.id, app]));
  const keys = new Map(
    apps.flatMap((app) => app.credentials.map(({ key }) => [key, app] as const)),
  );
  return {
    byKey: (key) => keys.get(key) ?? null,
    byId: (id) => ids.get(id) ?? null,
  };
}

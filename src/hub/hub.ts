// The hub: the sockets of each app and the channels they are subscribed to. Synchronous state
// without I/O.
import type { App } from "../protocol/app.ts";
import { AppHub, type HubContext } from "./app-hub.ts";
import { promote } from "./delta/sync.ts";
import { BacklogPool } from "./lag/backlog-pool.ts";
import { settleMembers } from "./membership.ts";
import type { NodeUse } from "./node-use.ts";
import type { Socket } from "./socket.ts";
import { sendDueCounts } from "./subscription-count.ts";
import { settleUsers } from "./users.ts";

/** Every app that has had a connection or a request. */
export class Hub {
  readonly #context: HubContext;
  readonly #apps = new Map<string, AppHub>();
  readonly #use: NodeUse = { backlogs: new BacklogPool(), channelCount: 0 };
  #names = 0;

  constructor(context: HubContext) {
    this.#context = context;
  }

  /** Returns the app's hub, and creates it on first use. `app` becomes the current version of the app. */
  of(app: App): AppHub {
    let found = this.#apps.get(app.id);
    if (found === undefined) {
      found = new AppHub(app, this.#context, this.#use, () => this.#names++);
      this.#apps.set(app.id, found);
    } else if (found.app !== app) found.update(app);
    return found;
  }

  /** The app's hub, or null if the app has had no connection and no request. */
  find(appId: string): AppHub | null {
    return this.#apps.get(appId) ?? null;
  }

  get apps(): Iterable<AppHub> {
    return this.#apps.values();
  }

  /** Every socket of every app. */
  *sockets(): Iterable<Socket> {
    for (const app of this.#apps.values()) yield* app.sockets.values();
  }

  /** Does the periodic work. To be called about once a second. */
  tick(): void {
    for (const app of this.#apps.values()) tickApp(app);
  }
}

/**
 * Sends the subscriber counts that are due, announces lingering members and users as gone, moves sockets that hold
 * every base by now to their cohort's topic, and removes events and chains that are too old.
 */
export function tickApp(hub: AppHub): void {
  const nowMs = hub.nowMs();
  if (hub.unsentCounts.size > 0) sendDueCounts(hub);
  if (hub.unsettledChannels.size > 0) settleMembers(hub);
  if (hub.unsettledUsers.size > 0) settleUsers(hub);
  for (const cohort of hub.unsyncedCohorts) promote(hub, cohort);
  hub.cache.sweep(nowMs);
  const oldestMs = nowMs - hub.delta.options.maxStateAgeMs;
  if (oldestMs <= 0) return;
  for (const cohort of hub.chainedCohorts)
    if (cohort.delta?.forgetChains(oldestMs) !== true) hub.chainedCohorts.delete(cohort);
}

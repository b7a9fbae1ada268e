// Which apps there are now. A look-up in a store brings the app's present form, and the hub takes it over:
// limits and switches that were changed hold from then on, also for connections that are open.
import type { Apps } from "../apps/apps.ts";
import type { AppHub } from "../hub/app-hub.ts";
import type { Hub } from "../hub/hub.ts";
import type { App } from "../protocol/app.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Deadlines } from "./deadlines.ts";

/** How long a store may take for a look-up. */
export const LOOK_UP_TIMEOUT_MS = 5000;

/** The apps of a store, each with its part of the hub. */
export class LiveApps {
  readonly #store: Apps;
  readonly #hub: Hub;
  readonly #deadlines: Deadlines;
  /** Look-ups that had to wait are numbered in the order of their beginning. */
  #lookUps = 0;
  /** By app id: the number of the look-up that brought its present form. */
  readonly #newest: Map<string, number> = new Map();

  constructor(store: Apps, hub: Hub, deadlines: Deadlines) {
    this.#store = store;
    this.#hub = hub;
    this.#deadlines = deadlines;
  }

  /** The app with a credential of this key, or null. Rejects when the store fails or does not answer in time. */
  byKey(key: string): Awaitable<AppHub | null> {
    return this.#take(this.#store.byKey(key), "key");
  }

  /** The app with this id, or null. Rejects when the store fails or does not answer in time. */
  byId(id: string): Awaitable<AppHub | null> {
    return this.#take(this.#store.byId(id), "id");
  }

  /** The app with this id as it is now, or null, for callers that want nothing of its connections. Rejects as `byId` does. */
  find(id: string): Awaitable<App | null> {
    return this.#bounded(this.#store.byId(id), "id");
  }

  #take(asked: Awaitable<App | null>, by: "id" | "key"): Awaitable<AppHub | null> {
    const found = this.#bounded(asked, by);
    if (!(found instanceof Promise)) return found === null ? null : this.#hub.of(found);
    const number = ++this.#lookUps;
    return found.then((app) => (app === null ? null : this.#takeLate(app, number)));
  }

  #bounded(asked: Awaitable<App | null>, by: "id" | "key"): Awaitable<App | null> {
    if (!(asked instanceof Promise)) return asked;
    return this.#deadlines.within(asked, LOOK_UP_TIMEOUT_MS, `look up an app by its ${by}`);
  }

  /** A look-up that began earlier than the one that brought the app's present form changes nothing. */
  #takeLate(app: App, number: number): AppHub {
    const known = this.#hub.find(app.id);
    if (known !== null && number < (this.#newest.get(app.id) ?? 0)) return known;
    this.#newest.set(app.id, number);
    return this.#hub.of(app);
  }
}

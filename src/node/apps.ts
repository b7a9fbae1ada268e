// The current apps. Looking up an app in the store returns its current version, and the hub takes
// it over: changed limits and switches apply from then on, also to connections that are open.
import type { Apps } from "../apps/apps.ts";
import type { AppHub } from "../hub/app-hub.ts";
import type { Hub } from "../hub/hub.ts";
import type { App } from "../protocol/app.ts";
import { CLOSE, type Fault } from "../protocol/faults.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Deadlines } from "./deadlines.ts";

/** The maximum time that the store may take for a look-up. */
export const LOOK_UP_TIMEOUT_MS = 5000;

/** The apps of a store, each with its hub. */
export class LiveApps {
  readonly #store: Apps;
  readonly #hub: Hub;
  readonly #deadlines: Deadlines;
  /** The number of look-ups so far. Each gets its number when it starts. */
  #lookUps = 0;
  #waitingCount = 0;
  /**
   * By app id: the number of the look-up that returned the app's current version. Recorded only while look-ups wait,
   * because only they can be overtaken.
   */
  readonly #newest: Map<string, number> = new Map();

  constructor(store: Apps, hub: Hub, deadlines: Deadlines) {
    this.#store = store;
    this.#hub = hub;
    this.#deadlines = deadlines;
  }

  /**
   * The hub of the app that has a credential with this key, or null. Rejects if the store fails or does not answer in
   * time.
   */
  byKey(key: string): Awaitable<AppHub | null> {
    return this.#take("key", key, this.#toHub);
  }

  /** The same for a client that connects. A disabled app without a hub is refused, so that it gets none by being tried. */
  forClient(key: string): Awaitable<AppHub | Fault | null> {
    return this.#take("key", key, this.#toHubOfClient);
  }

  /** The hub of the app with this id, or null. Rejects if the store fails or does not answer in time. */
  byId(id: string): Awaitable<AppHub | null> {
    return this.#take("id", id, this.#toHub);
  }

  /** The app with this id as it is now, or null, for callers that want nothing of its connections. Rejects as `byId` does. */
  find(id: string): Awaitable<App | null> {
    return this.#ask("id", id);
  }

  readonly #toHub = (app: App, number: number): AppHub => this.#update(app, number);

  readonly #toHubOfClient = (app: App, number: number): AppHub | Fault =>
    app.enabled || this.#hub.find(app.id) !== null
      ? this.#update(app, number)
      : CLOSE.disabledApp();

  #take<Taken>(
    by: "id" | "key",
    value: string,
    take: (app: App, number: number) => Taken,
  ): Awaitable<Taken | null> {
    const found = this.#ask(by, value);
    const number = ++this.#lookUps;
    if (found instanceof Promise) return this.#takeLate(found, number, take);
    return found === null ? null : take(found, number);
  }

  async #takeLate<Taken>(
    found: Promise<App | null>,
    number: number,
    take: (app: App, number: number) => Taken,
  ): Promise<Taken | null> {
    this.#waitingCount++;
    try {
      const app = await found;
      return app === null ? null : take(app, number);
    } finally {
      this.#waitingCount--;
      if (this.#waitingCount === 0) this.#newest.clear();
    }
  }

  /** Ignores the result if a look-up that started later has already updated the app. */
  #update(app: App, number: number): AppHub {
    if (this.#waitingCount === 0) return this.#hub.of(app);
    const known = this.#hub.find(app.id);
    if (known !== null && number < (this.#newest.get(app.id) ?? 0)) return known;
    this.#newest.set(app.id, number);
    return this.#hub.of(app);
  }

  #ask(by: "id" | "key", value: string): Awaitable<App | null> {
    try {
      const asked = by === "id" ? this.#store.byId(value) : this.#store.byKey(value);
      if (!(asked instanceof Promise)) return asked;
      return this.#deadlines.within(asked, LOOK_UP_TIMEOUT_MS, `look up an app by its ${by}`);
    } catch (error) {
      // A store that has its answers at once fails by throwing. To callers that is a failure like any other.
      return Promise.reject(error);
    }
  }
}

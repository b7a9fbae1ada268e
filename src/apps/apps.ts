// Where apps come from. A backend is a store, and looking up an app in it may have to wait.
import type { App } from "../protocol/app.ts";

/**
 * The apps of this server. The result may be a promise, for stores that are reached over the network; it rejects only
 * if the store fails.
 */
export interface Apps {
  /** The app that has a credential with this key, or null. */
  byKey(key: string): App | null | Promise<App | null>;
  /** The app with this id, or null. */
  byId(id: string): App | null | Promise<App | null>;
}

// Where apps come from. A backend is a store; looking an app up may wait for it.
import type { App } from "../protocol/app.ts";

/** The apps of this server. An answer may be a promise, so that stores over the network fit; rejects only when the store fails. */
export interface Apps {
  /** The app with a credential of this key, or null. */
  byKey(key: string): App | null | Promise<App | null>;
  /** The app with this id, or null. */
  byId(id: string): App | null | Promise<App | null>;
}

// What the server is configured with, once it is read: typed, with units in the names, every default filled in.
// Each group of members stands beside its rows, in options/; how it is read or documented comes from the rows.

import type { App } from "../protocol/app.ts";
import type { BackendConfig } from "./options/backends.ts";
import type { ConnectionConfig } from "./options/connections.ts";
import type { DeltaConfig } from "./options/delta.ts";
import type { HttpConfig } from "./options/http.ts";
import type { LimitConfig } from "./options/limits.ts";
import type { ListeningConfig } from "./options/listening.ts";
import type { ObservationConfig } from "./options/observation.ts";
import type { WebhookConfig } from "./options/webhooks.ts";

/** The whole configuration. Defaults, bounds and names are in the tables, one row a member. */
export interface Config
  extends
    ListeningConfig,
    ConnectionConfig,
    DeltaConfig,
    HttpConfig,
    LimitConfig,
    WebhookConfig,
    ObservationConfig,
    BackendConfig {
  /** The apps, with distinct ids and keys; empty when none is configured. */
  readonly apps: readonly App[];
}

// The configuration after it was read: typed, with units in the names and every default filled in. The members and
// their rows are in options/; reading, printing and documentation are derived from the rows.

import type { App } from "../protocol/app.ts";
import type { AdapterConfig } from "./options/adapter.ts";
import type { BackendConfig } from "./options/backends.ts";
import type { ConnectionConfig } from "./options/connections.ts";
import type { DeltaConfig } from "./options/delta.ts";
import type { HttpConfig } from "./options/http.ts";
import type { LimitConfig } from "./options/limits.ts";
import type { ListeningConfig } from "./options/listening.ts";
import type { ObservationConfig } from "./options/observation.ts";
import type { RedisConfig } from "./options/redis.ts";
import type { WebhookConfig } from "./options/webhooks.ts";

/** The whole configuration. The tables have one row for each member, with its default, bounds and names. */
export interface Config
  extends
    ListeningConfig,
    ConnectionConfig,
    DeltaConfig,
    HttpConfig,
    LimitConfig,
    WebhookConfig,
    ObservationConfig,
    BackendConfig,
    AdapterConfig,
    RedisConfig {
  /** The apps, with distinct ids and keys. Empty when none is configured. */
  readonly apps: readonly App[];
}

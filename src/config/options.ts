// The table of options. To add an option, add a member and a row in one file of options/. Reading, checking, printing,
// documentation and variables are derived from it. Keys are Sockudo's wherever Sockudo has the option.

import { APPS } from "./apps.ts";
import type { Config } from "./config.ts";
import { dialectsOf, keysOf, withOtherNames } from "./dialects.ts";
import type { KeyIndex } from "./keys.ts";
import { ADAPTER_OPTIONS } from "./options/adapter.ts";
import { BACKEND_OPTIONS } from "./options/backends.ts";
import { CONNECTION_OPTIONS } from "./options/connections.ts";
import { DELTA_OPTIONS } from "./options/delta.ts";
import { HTTP_OPTIONS } from "./options/http.ts";
import { LIMIT_OPTIONS } from "./options/limits.ts";
import { LISTENING_OPTIONS } from "./options/listening.ts";
import { OBSERVATION_OPTIONS } from "./options/observation.ts";
import { REDIS_OPTIONS } from "./options/redis.ts";
import { WEBHOOK_OPTIONS } from "./options/webhooks.ts";
import { rows, type Option, type Table } from "./table.ts";

type ServerConfig = Omit<Config, "apps">;

/** Every option but the apps. */
export const SERVER_OPTIONS: Table<ServerConfig> = withOtherNames<ServerConfig>(
  {
    ...LISTENING_OPTIONS,
    ...CONNECTION_OPTIONS,
    ...DELTA_OPTIONS,
    ...HTTP_OPTIONS,
    ...WEBHOOK_OPTIONS,
    ...OBSERVATION_OPTIONS,
    ...ADAPTER_OPTIONS,
    ...REDIS_OPTIONS,
    ...BACKEND_OPTIONS,
    ...LIMIT_OPTIONS,
  },
  dialectsOf("server"),
);

/** The options under their headings, in the order of the documentation. The apps are not among them. */
export const GROUPS: readonly (readonly [heading: string, options: readonly Option<unknown>[]])[] =
  [
    ["Where it listens", withNames(LISTENING_OPTIONS)],
    ["Connections", withNames(CONNECTION_OPTIONS)],
    ["Delta compression and filters", withNames(DELTA_OPTIONS)],
    ["HTTP", withNames(HTTP_OPTIONS)],
    ["How webhooks are sent", withNames(WEBHOOK_OPTIONS)],
    ["Metrics and the log", withNames(OBSERVATION_OPTIONS)],
    ["Other servers", withNames(ADAPTER_OPTIONS)],
    ["Redis", withNames(REDIS_OPTIONS)],
    ["What it works with", withNames(BACKEND_OPTIONS)],
    ["Limits of apps that set none", withNames(LIMIT_OPTIONS)],
  ];

/** Every option. */
export const OPTIONS: Table<Config> = {
  ...SERVER_OPTIONS,
  ...withOtherNames<Pick<Config, "apps">>(
    {
      apps: {
        path: "apps",
        kind: APPS,
        default: [],
        env: [],
        doc: "The apps that may connect and publish, each with the keys of [an app](#an-app).",
      },
    },
    dialectsOf("server"),
  ),
};

/** The keys of a configuration file. */
export const KEYS: KeyIndex = keysOf("server", OPTIONS);

/** The options of one table with all their names. */
function withNames(own: Partial<Table<ServerConfig>>): readonly Option<unknown>[] {
  return rows(SERVER_OPTIONS)
    .filter(([setting]) => setting in own)
    .map(([, option]) => option);
}

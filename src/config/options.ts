// The table of options. A new option is a member and a row in one file of options/, and nothing else: reading,
// checking, printing, the documentation and the variables follow. Keys are Sockudo's wherever Sockudo has the option.

import { APPS } from "./apps.ts";
import type { Config } from "./config.ts";
import { INERT } from "./inert-keys.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import { BACKEND_OPTIONS } from "./options/backends.ts";
import { CONNECTION_OPTIONS } from "./options/connections.ts";
import { DELTA_OPTIONS } from "./options/delta.ts";
import { HTTP_OPTIONS } from "./options/http.ts";
import { LIMIT_OPTIONS } from "./options/limits.ts";
import { LISTENING_OPTIONS } from "./options/listening.ts";
import { OBSERVATION_OPTIONS } from "./options/observation.ts";
import { WEBHOOK_OPTIONS } from "./options/webhooks.ts";
import { optionsOf, type Option, type Table } from "./table.ts";

/** The options but for the apps under their headings, in the order of the documentation. */
export const GROUPS: readonly (readonly [heading: string, options: readonly Option<unknown>[]])[] =
  [
    ["Where it listens", optionsOf(LISTENING_OPTIONS)],
    ["Connections", optionsOf(CONNECTION_OPTIONS)],
    ["Delta compression and filters", optionsOf(DELTA_OPTIONS)],
    ["HTTP", optionsOf(HTTP_OPTIONS)],
    ["How webhooks are sent", optionsOf(WEBHOOK_OPTIONS)],
    ["Metrics and the log", optionsOf(OBSERVATION_OPTIONS)],
    ["What it works with", optionsOf(BACKEND_OPTIONS)],
    ["Limits of apps that set none", optionsOf(LIMIT_OPTIONS)],
  ];

/** Every option but the apps. */
export const SERVER_OPTIONS: Table<Omit<Config, "apps">> = {
  ...LISTENING_OPTIONS,
  ...CONNECTION_OPTIONS,
  ...DELTA_OPTIONS,
  ...HTTP_OPTIONS,
  ...WEBHOOK_OPTIONS,
  ...OBSERVATION_OPTIONS,
  ...BACKEND_OPTIONS,
  ...LIMIT_OPTIONS,
};

/** Every option. */
export const OPTIONS: Table<Config> = {
  ...SERVER_OPTIONS,
  apps: {
    path: "apps",
    kind: APPS,
    default: [],
    aliases: ["app_manager.array.apps"],
    env: [],
    doc: "The apps that may connect and publish, each with the keys of [an app](#an-app).",
  },
};

/** The keys of a configuration file. */
export const KEYS: KeyIndex = indexKeys(optionsOf(OPTIONS), INERT);

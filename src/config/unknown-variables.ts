// Warns of unknown variables that begin with FANWIRE_, since a misspelled one would silently have no effect. It is not
// an error, because other programs may have variables with that prefix.

import { APP_OPTIONS } from "./app-options.ts";
import { APP_VARIABLE } from "./apps.ts";
import { ignoredKeysOf } from "./dialects.ts";
import { CONFIG_VARIABLE } from "./load.ts";
import { OPTIONS } from "./options.ts";
import { warn, type Report } from "./source-position.ts";
import { nearest } from "./spelling.ts";
import { nameOf, optionsOf } from "./table.ts";
import { isSet, positionOfVariable, type Environment } from "./variables.ts";

const OURS = "FANWIRE_";

/** Variables that Kubernetes sets in every pod for a Service, here one of the name `fanwire`. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/** All known variables with that prefix. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    APP_VARIABLE,
    CONFIG_VARIABLE,
    ...[...optionsOf(OPTIONS), ...optionsOf(APP_OPTIONS)].flatMap(({ env }) => env.map(nameOf)),
    ...[...ignoredKeysOf("server"), ...ignoredKeysOf("app")].flatMap(({ env = [] }) => env),
  ].filter((name) => name.startsWith(OURS)),
);

/** Warns of each unknown variable and names the nearest known one. Never shows a value. */
export function warnOfUnknownVariables(env: Environment, report: Report): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith(OURS) || !isSet(env[name])) continue;
    if (KNOWN.has(name) || SERVICE_LINK.test(name)) continue;
    const near = nearest(
      name.slice(OURS.length),
      [...KNOWN].map((known) => known.slice(OURS.length)),
    );
    const hint = near === undefined ? "" : `, did you mean ${OURS}${near}`;
    warn(positionOfVariable(name, report), `no option has this variable${hint}`);
  }
}

// Variables that begin as ours do and that no option has: a misspelled one would otherwise count for nothing
// without a word. A warning and no mistake, since other programs may name theirs so.

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

/** Set by Kubernetes in every pod beside a Service of that name. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/** All names that begin so and mean something. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    APP_VARIABLE,
    CONFIG_VARIABLE,
    ...[...optionsOf(OPTIONS), ...optionsOf(APP_OPTIONS)].flatMap(({ env }) => env.map(nameOf)),
    ...[...ignoredKeysOf("server"), ...ignoredKeysOf("app")].flatMap(({ env = [] }) => env),
  ].filter((name) => name.startsWith(OURS)),
);

/** Warns of each variable of ours that there is none of, with the nearest that there is. Never shows a value. */
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

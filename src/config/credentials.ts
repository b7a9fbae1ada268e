// An app's keys and secrets as they are configured: one pair, or a list of pairs while a secret is rotated.
// Which app they belong to, and whether another app has the same key, is judged in apps.ts.

import type { Credential } from "../protocol/app.ts";
import { givenInObject, indexKeys } from "./keys.ts";
import { list, redacted, refuseType, text, type Kind } from "./kinds.ts";
import type { Pair } from "./settings.ts";
import { member, isGroup, REDACTED, refuse, type SourcePosition } from "./source-position.ts";
import { readTable, optionsOf, type GivenValues, type Table } from "./table.ts";

/** A key stands in the path `/app/KEY`, in queries and before the colon of a signature: it must need no escape there. */
export const KEY: Kind<string | undefined> = text(
  'text of at least 3 characters, letters, digits and "_ - . ~ = @"',
  /^[\w.~=@-]{3,}$/,
);

/** No whitespace: it is the line end of the file that the secret was copied from. */
export const SECRET: Kind<string | undefined> = redacted(
  text("text of at least 3 characters, without whitespace", /^\S{3,}$/),
);

const PAIR: Table<Pair> = {
  key: { path: "key", kind: KEY, default: undefined, env: [], doc: "The key that clients name." },
  secret: { path: "secret", kind: SECRET, default: undefined, env: [], doc: "What signs." },
};

const PAIR_KEYS = indexKeys(optionsOf(PAIR));

/** Several pairs, oldest first. */
export const CREDENTIALS: Kind<readonly Credential[]> = list(
  {
    allowed: "a key and a secret",
    read(value, position) {
      if (!isGroup(value)) return refuseType(value, position, "a group with key and secret");
      const givenValues = givenInObject(PAIR_KEYS, value, position);
      return wholePair(readTable(PAIR, givenValues), givenValues, (name) => member(position, name));
    },
    write: ({ key }) => ({ key, secret: REDACTED }),
  },
  "a list of at least one group with key and secret",
);

/** The pair when both halves are there. A half that was not given is reported, one that was refused already is. */
export function wholePair(
  pair: Pair,
  givenValues: GivenValues,
  positionOf: (name: string) => SourcePosition,
): Credential | undefined {
  for (const name of ["key", "secret"]) if (!givenValues.has(name)) refuseMissing(positionOf(name));
  const { key, secret } = pair;
  return key === undefined || secret === undefined ? undefined : { key, secret };
}

/** Reports that something which must be there is not. */
export function refuseMissing(
  position: SourcePosition,
  owner: "app" | "webhook" = "app",
): undefined {
  return refuse(position, { problem: `it is missing, every ${owner} must have it` });
}

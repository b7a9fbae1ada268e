// Reads the keys and secrets of an app: one pair, or several while a secret is rotated. apps.ts checks that no two
// apps have the same key.

import type { Credential } from "../protocol/app.ts";
import { givenInObject, indexKeys } from "./keys.ts";
import { list, redacted, refuseType, text, type Kind } from "./kinds.ts";
import type { Pair } from "./settings.ts";
import { member, isGroup, REDACTED, refuse, type SourcePosition } from "./source-position.ts";
import { readTable, optionsOf, type GivenValues, type Table } from "./table.ts";

/** A key appears in the path `/app/KEY`, in queries, and before the colon of a signature. Its characters need no escaping there. */
export const KEY: Kind<string | undefined> = text(
  'text of at least 3 characters, letters, digits and "_ - . ~ = @"',
  /^[\w.~=@-]{3,}$/,
);

/** Whitespace is refused: it is usually the line end of the file that the secret was copied from. */
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

/** The pair, if both halves are valid. A missing half is reported; an invalid one was reported when it was read. */
export function wholePair(
  pair: Pair,
  givenValues: GivenValues,
  positionOf: (name: string) => SourcePosition,
): Credential | undefined {
  for (const name of ["key", "secret"]) if (!givenValues.has(name)) refuseMissing(positionOf(name));
  const { key, secret } = pair;
  return key === undefined || secret === undefined ? undefined : { key, secret };
}

/** Reports a required setting that is missing. */
export function refuseMissing(
  position: SourcePosition,
  owner: "app" | "webhook" = "app",
): undefined {
  return refuse(position, { problem: `it is missing, every ${owner} must have it` });
}

// The shape of a dialect: what the configuration of another server has that ours does not. Keys that are spelled
// the same in both, and options of ours, are not part of a dialect: they are in the tables of options.

import type { IgnoredKey } from "../ignored-key.ts";
import type { SettingsByObject } from "../settings.ts";
import type { Spelling } from "../table.ts";

/** The configuration of another server. */
export interface Dialect {
  readonly objects: {
    readonly [Name in keyof SettingsByObject]?: ObjectDialect<SettingsByObject[Name]>;
  };
  /** The prefix of the variables that describe one app, `SOCKUDO_` of `SOCKUDO_DEFAULT_APP_ID`. Absent where there are none. */
  readonly appVariables?: string;
}

/** What a dialect adds to one kind of object. */
export interface ObjectDialect<Settings> {
  /** The dialect's own names for our options, by the name of the setting. */
  readonly names?: OtherNames<Settings>;
  /**
   * The groups, dotted, in which all keys are this dialect's. A newer release of the server may add keys there,
   * so an unknown key in such a group is a warning and not an error.
   */
  readonly groups?: readonly string[];
  /** The keys and variables that are accepted and have no effect. */
  readonly ignored?: readonly IgnoredKey[];
}

/** Further keys and variables for options, by the name of the setting. */
export type OtherNames<Settings> = {
  readonly [Name in keyof Settings]?: {
    readonly keys?: readonly Spelling<Settings[Name]>[];
    readonly env?: readonly Spelling<Settings[Name]>[];
  };
};

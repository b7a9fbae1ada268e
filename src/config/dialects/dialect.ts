// The type of a dialect: what the configuration of another server has that ours does not. Keys that are spelled the
// same in both are not part of a dialect: they are in our tables of options.

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
   * The groups, dotted, whose keys all come from this server. A newer release of it may add keys there, so an unknown key
   * in such a group is a warning and not an error. Groups with options that only we have are not listed, nor are those
   * that decide who may connect (`ssl`, `cors`, `unix_socket`), where ignoring a restriction would be dangerous.
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

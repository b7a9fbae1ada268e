// The types of the settings of each kind of object in a configuration file. Their options are in options.ts,
// app-options.ts, webhook-options.ts and channel-delta-options.ts.

import type {
  App,
  AppLimits,
  ChannelDelta,
  ChannelFilter,
  Credential,
  WebhookEndpoint,
  WebhookEvent,
} from "../protocol/app.ts";
import type { Config } from "./config.ts";

/** A key and a secret, either of which may be missing. */
export interface Pair {
  readonly key: string | undefined;
  readonly secret: string | undefined;
}

/** The settings of one app. Undefined means that the option was not given. */
export interface AppSettings extends Pair, AppLimits, Omit<App, "id" | "credentials" | "limits"> {
  readonly id: string | undefined;
  readonly credentials: readonly Credential[] | undefined;
}

/** The settings of one webhook. */
export interface WebhookSettings extends ChannelFilter {
  readonly url: string | undefined;
  /** Null means all events. The list is empty when this version sends none of the requested events. */
  readonly events: readonly WebhookEvent[] | null;
  readonly headers: WebhookEndpoint["headers"];
}

/** The delta settings of some channels of an app. Null means that the server's own setting applies. */
export type ChannelDeltaSettings = Omit<ChannelDelta, "pattern">;

/** Each kind of object that a configuration file holds, with its settings. */
export interface SettingsByObject {
  readonly server: Config;
  readonly app: AppSettings;
  readonly webhook: WebhookSettings;
  readonly channelDelta: ChannelDeltaSettings;
}

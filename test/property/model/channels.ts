// The channels of the random operations, and the app's settings for them.
import type { ChannelDelta } from "../../../src/protocol/app.ts";

/** One channel as the model knows it. */
export interface ChannelTraits {
  readonly name: string;
  readonly presence: boolean;
  readonly cached: boolean;
  readonly authorised: boolean;
  readonly keyPath: readonly string[];
  readonly deliverTags: boolean;
}

/** Keyed with tags; unkeyed with members; keyed by a deeper path; keyed but never compressed; keyed with tags and a cached event. */
export const CHANNELS: readonly ChannelTraits[] = [
  traits({ name: "ticker", keyPath: ["symbol"], deliverTags: true }),
  traits({ name: "presence-room", presence: true, authorised: true }),
  traits({ name: "private-desk", authorised: true, keyPath: ["quote", "symbol"] }),
  traits({ name: "private-encrypted-vault", authorised: true, keyPath: ["symbol"] }),
  traits({ name: "cache-news", cached: true, keyPath: ["symbol"], deliverTags: true }),
];

/** The app's settings for these channels. */
export const CHANNEL_DELTA: readonly ChannelDelta[] = CHANNELS.map(
  ({ name, keyPath, deliverTags }) => ({
    pattern: name,
    enabled: true,
    algorithm: name === "private-desk" ? "xdelta3" : null,
    conflationKey: keyPath.join("."),
    maxKeys: null,
    deliverTags,
  }),
);

/** The names of all channels. */
export const CHANNEL_NAMES: readonly string[] = CHANNELS.map(({ name }) => name);

/** The channel of that name. Throws if there is none. */
export function channelNamed(name: string): ChannelTraits {
  const found = CHANNELS.find((channel) => channel.name === name);
  if (found === undefined) throw new Error(`Cannot find channel "${name}": it must be in CHANNELS`);
  return found;
}

function traits(given: Partial<ChannelTraits> & Pick<ChannelTraits, "name">): ChannelTraits {
  const none = { presence: false, cached: false, authorised: false, deliverTags: false };
  return { ...none, keyPath: [], ...given };
}

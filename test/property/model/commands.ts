// The frames that a client can send: as values for the model, and as texts for a session.
import type { Dialect } from "../../../src/protocol/dialect.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { signinText } from "../../../src/protocol/signin.ts";
import { KEY, SECRET } from "../../doubles/app.ts";
import { channelNamed } from "./channels.ts";
import type { FilterJson } from "./messages.ts";

/** What a subscription asks for. */
export interface Subscribing {
  readonly channel: string;
  readonly delta: unknown;
  readonly filter: FilterJson | undefined;
  /** The user on a presence channel. */
  readonly userId: string;
}

/** One frame of a client. */
export type ClientCommand =
  | { readonly kind: "subscribe"; readonly subscribing: Subscribing }
  | { readonly kind: "unsubscribe"; readonly channel: string }
  | {
      readonly kind: "clientEvent";
      readonly channel: string;
      readonly event: string;
      readonly data: string;
    }
  | { readonly kind: "ping" }
  | { readonly kind: "enable"; readonly algorithms: readonly string[] }
  | { readonly kind: "loseBase"; readonly channel: string }
  | { readonly kind: "signin"; readonly userId: string; readonly watchlist: readonly string[] };

/** The text of the frame, signed where a signature is required. */
export function textOf(command: ClientCommand, socketId: string, { prefix }: Dialect): string {
  switch (command.kind) {
    case "subscribe":
      return frame(`${prefix}subscribe`, subscribeData(command.subscribing, socketId));
    case "unsubscribe":
      return frame(`${prefix}unsubscribe`, { channel: command.channel });
    case "clientEvent":
      return JSON.stringify({ event: command.event, channel: command.channel, data: command.data });
    case "ping":
      return frame(`${prefix}ping`, {});
    case "enable":
      return frame(`${prefix}enable_delta_compression`, { algorithms: command.algorithms });
    case "loseBase":
      return frame(`${prefix}delta_sync_error`, { channel: command.channel });
    case "signin": {
      const userData = JSON.stringify({ id: command.userId, watchlist: command.watchlist });
      const auth = `${KEY}:${sign(SECRET, signinText(socketId, userData))}`;
      return frame(`${prefix}signin`, { auth, user_data: userData });
    }
    default:
      return command satisfies never;
  }
}

function subscribeData({ channel, delta, filter, userId }: Subscribing, socketId: string): unknown {
  const { presence, authorised } = channelNamed(channel);
  const channelData = presence ? JSON.stringify({ user_id: userId }) : null;
  const signature = sign(SECRET, subscriptionText(socketId, channel, channelData));
  return {
    channel,
    delta,
    filter,
    ...(authorised && { auth: `${KEY}:${signature}` }),
    ...(channelData !== null && { channel_data: channelData }),
  };
}

function frame(event: string, data: unknown): string {
  return JSON.stringify({ event, data });
}

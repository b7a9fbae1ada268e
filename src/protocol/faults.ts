// Faults: every refusal that a client or an API caller can get, with the code, the HTTP status and
// the text that Pusher's live service uses where it is known. The core returns them as values.

import { JSON_EXCESSES, type JsonExcess } from "./json.ts";
import { type Excess, EXCESSES } from "./query.ts";

/** The limits that can be hit, by the names under which they are counted and logged. */
export type LimitName =
  | "connections"
  | "capacity"
  | "address_connections"
  | "handshake_rate"
  | "refusal_rate"
  | "refusals_held"
  | "origin"
  | "subscriptions"
  | "crowded_channels"
  | "filter_size"
  | "filter_memory"
  | "filter_comparisons"
  | "channel_name"
  | "event_name"
  | "event_data"
  | "event_channels"
  | "batch_events"
  | "client_events"
  | "presence_members"
  | "presence_member_size"
  | "watchlist"
  | "frame_rate"
  | "byte_rate"
  | "subscription_rate"
  | "answer_rate"
  | "waiting_frames"
  | "control_frames"
  | "json_depth"
  | "json_keys"
  | "api_events"
  | "api_reads"
  | "api_rate"
  | "unsigned_requests"
  | "request_target"
  | "replay"
  | "replay_memory"
  | "idempotency_memory"
  | "backpressure";

/** A refusal. `kind` distinguishes it from the value that is returned on success. */
export interface Fault {
  readonly kind: "fault";
  /** The code in a `pusher:error` event or a close frame; null where Pusher sends null. */
  readonly code: number | null;
  /** The HTTP status, if an API request is refused. */
  readonly status: number;
  readonly message: string;
  /** The limit that was hit, if that is the reason. It is counted. */
  readonly limit?: LimitName;
}

/** The fault, marked with the limit that was hit. */
function over(limit: LimitName, fault: Fault): Fault {
  return { ...fault, limit };
}

/** Whether a returned value is a refusal. */
export function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "fault";
}

/** A refusal of something on a socket: sent in `pusher:error`, and the socket stays open. */
export function refusal(message: string, code: number | null = null): Fault {
  return { kind: "fault", code, status: 400, message };
}

/** A refusal of a connection: sent as a close frame with the code. */
export function closing(code: number, message: string): Fault {
  return { kind: "fault", code, status: 400, message };
}

/** A refusal of an API request. */
export function rejection(status: number, message: string): Fault {
  return { kind: "fault", code: null, status, message };
}

/**
 * Close codes. 4000–4099: do not reconnect unchanged; 4100–4199: reconnect after a second or more; 4200–4299:
 * reconnect at once. A 43xx close would stop pusher-js for good, so none is used. Source: WebSocket protocol
 * reference, "Error codes".
 */
export const CLOSE = {
  unknownApp: (key: string): Fault =>
    closing(
      4001,
      `App key ${shorten(key)} not in this cluster. Did you forget to specify the cluster?`,
    ),
  disabledApp: (): Fault => closing(4003, "Application disabled"),
  overQuota: (): Fault =>
    over("connections", closing(4004, "Application is over connection quota")),
  unknownPath: (): Fault => closing(4005, "Path not found"),
  excessiveTarget: (excess: Excess): Fault =>
    over("request_target", closing(4005, `Invalid path or query: ${EXCESSES[excess]}`)),
  badVersion: (): Fault => closing(4006, "Invalid version string format"),
  unsupportedProtocol: (version: string): Fault =>
    closing(4007, `Unsupported protocol version: ${shorten(version)}`),
  missingProtocol: (): Fault => closing(4008, "No protocol version supplied"),
  unsupportedFormat: (format: string): Fault =>
    closing(4007, `Unsupported format, must be json: ${shorten(format)}`),
  invalidEcho: (asked: string): Fault =>
    closing(4007, `Unsupported echo_messages, must be true or false: ${shorten(asked)}`),
  unsupportedToken: (): Fault =>
    closing(
      4009,
      "Unsupported parameter: token (this server restricts nothing by capability tokens)",
    ),
  overCapacity: (): Fault => over("capacity", closing(4100, "Over capacity")),
  shuttingDown: (): Fault => closing(4200, "Server is shutting down, please reconnect"),
  noPong: (): Fault => closing(4201, "Pong reply not received"),
  foreignOrigin: (): Fault => over("origin", closing(4009, "Origin not allowed")),
  notAuthorised: (): Fault => closing(4009, "Connection not authorized within timeout"),
  terminated: (): Fault => closing(4009, "You got disconnected by the app."),
  reconnect: (): Fault => closing(4200, "Force reconnect requested by the app."),
  readsTooSlowly: (): Fault =>
    over("backpressure", closing(4100, "Connection reads too slowly, its buffer is full")),
  tooManyFrames: (perSecond: number): Fault =>
    over("frame_rate", closing(4100, `Over capacity: more than ${perSecond} messages a second`)),
  tooManyBytes: (perSecond: number): Fault =>
    over("byte_rate", closing(4100, `Over capacity: more than ${perSecond} bytes a second`)),
  tooMuchWaiting: (): Fault =>
    over(
      "waiting_frames",
      closing(4100, "Over capacity: more was asked for than the answers were read"),
    ),
  tooManyControlFrames: (perSecond: number): Fault =>
    over("control_frames", closing(4100, `Over capacity: more than ${perSecond} pings a second`)),
  appNotFound: (): Fault => closing(4100, "Application could not be looked up, try again later"),
  channelNotOpened: (): Fault => closing(4100, "A channel could not be opened, try again later"),
  addressOverQuota: (): Fault =>
    over(
      "address_connections",
      closing(4100, "Over capacity: too many connections of one address"),
    ),
  handshakeRate: (): Fault =>
    over("handshake_rate", closing(4100, "Over capacity: too many connections at once")),
} as const;

/** Refusals on a socket that stays open, with the texts of the live service. */
export const REFUSE = {
  malformedFrame: (): Fault => refusal("Invalid JSON: a message must be an object with an event"),
  unreadFrame: (excess: JsonExcess | null): Fault =>
    excess === null
      ? REFUSE.malformedFrame()
      : over(`json_${excess}`, refusal(`Invalid JSON: a message ${JSON_EXCESSES[excess]}`)),
  unsupportedEvent: (event: string): Fault =>
    refusal(`Unsupported event received on socket: ${shorten(event)}`),
  unsupportedMember: (channel: string, member: string, lacks: string): Fault =>
    refusal(`Cannot subscribe to ${shorten(channel)} with ${member}: this server ${lacks}`),
  unsupportedCapabilities: (): Fault =>
    refusal("Cannot sign in with capabilities: this server restricts nothing by them"),
  missingChannel: (event: string): Fault =>
    refusal(`Missing parameter: channel must be a string in the data of ${event}`),
  invalidChannel: (channel: string): Fault =>
    refusal(`Invalid channel name: '${shorten(channel)}'`),
  channelTooLong: (channel: string, maxLength: number): Fault =>
    over(
      "channel_name",
      refusal(
        `Invalid channel name: '${shorten(channel)}' has ${channel.length} characters, the maximum is ${maxLength}`,
      ),
    ),
  alreadySubscribed: (channel: string): Fault =>
    refusal(`Existing subscription to channel ${channel}`),
  notSubscribed: (channel: string): Fault =>
    refusal(`No current subscription to channel ${channel}, or subscription in progress`),
  missingAuth: (channel: string): Fault => refusal(`Auth info required to subscribe to ${channel}`),
  malformedAuth: (channel: string): Fault =>
    refusal(
      `Auth value for subscription to ${channel} is invalid: should be of format 'key:signature'`,
    ),
  wrongKey: (key: string): Fault =>
    refusal(`Invalid key in subscription auth data: '${shorten(key)}'`),
  wrongSignature: (signed: string, signature: string): Fault =>
    refusal(
      `Invalid signature: Expected HMAC SHA256 hex digest of ${signed}, but got ${shorten(signature)}`,
    ),
  malformedMember: (channel: string): Fault =>
    refusal(`Invalid channel_data for subscription to ${channel}: must be a JSON object`),
  missingMember: (channel: string): Fault =>
    refusal(`channel_data required to subscribe to ${channel}: must be JSON with a user_id`),
  invalidUserId: (maxLength: number): Fault =>
    refusal(
      `user_id supplied to presence subscription is invalid - must be a string or number of 1 to ${maxLength} characters`,
    ),
  invalidUserInfo: (): Fault =>
    refusal(
      "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash",
    ),
  userInfoTooLarge: (bytes: number, maxBytes: number): Fault =>
    over(
      "presence_member_size",
      refusal(
        `user_info supplied to presence subscription is too large: ${bytes} bytes, the maximum is ${maxBytes}`,
      ),
    ),
  presenceFull: (channel: string, members: number): Fault =>
    over(
      "presence_members",
      refusal(`Presence channel ${channel} is over its limit of ${members} members`),
    ),
  invalidFilter: (message: string): Fault => refusal(message),
  filterTooLarge: (message: string): Fault => over("filter_size", refusal(message)),
  filtersTooLarge: (maxBytes: number): Fault =>
    over(
      "filter_memory",
      refusal(`Filters of this connection are too large: they may take ${maxBytes} bytes in all`),
    ),
  filtersTooCostly: (max: number): Fault =>
    over(
      "filter_comparisons",
      refusal(`Filters of this connection are too costly: they may have ${max} comparisons in all`),
    ),
  channelFiltersTooCostly: (channel: string, max: number): Fault =>
    over(
      "filter_comparisons",
      refusal(
        `Filters on ${shorten(channel)} are too costly together: until some are gone, a filter may have ${max} comparisons`,
      ),
    ),
  tooManySubscriptions: (max: number): Fault =>
    over(
      "subscriptions",
      refusal(`Too many subscriptions on one connection: the maximum is ${max}`),
    ),
  crowded: (maxSubscriptions: number): Fault =>
    over(
      "crowded_channels",
      refusal(
        `Too many channels on this server: a connection with ${maxSubscriptions} subscriptions cannot open another channel now`,
      ),
    ),
  notThisUser: (channel: string): Fault =>
    refusal(
      `Cannot subscribe to ${shorten(channel)}: the connection must be signed in as that user`,
    ),
  missingSigninAuth: (): Fault => refusal("Auth info required to sign in"),
  malformedSigninAuth: (): Fault =>
    refusal("Auth value for signin is invalid: should be of format 'key:signature'"),
  wrongSigninKey: (key: string): Fault =>
    refusal(`Invalid key in signin auth data: '${shorten(key)}'`),
  missingUserData: (): Fault => refusal("user_data required to sign in: must be JSON with an id"),
  invalidSigninId: (maxLength: number): Fault =>
    refusal(
      `id supplied in user_data is invalid - must be a string of 1 to ${maxLength} characters of A-Z a-z 0-9 _ - = @ , . ;`,
    ),
  invalidSigninInfo: (): Fault =>
    refusal("user_info supplied in user_data is invalid - if supplied it must be a type of hash"),
  invalidWatchlist: (): Fault =>
    refusal(
      "watchlist supplied in user_data is invalid - if supplied it must be an array of user ids",
    ),
  otherUser: (id: string): Fault =>
    refusal(`Connection already signed in as ${id}: a connection cannot change its user`),
  watchlistTooLong: (max: number): Fault =>
    over(
      "watchlist",
      refusal(`Watchlist over its limit: only the first ${max} users are watched`, 4302),
    ),
  clientEventsDisabled: (): Fault =>
    refusal(
      "To send client events, you must enable this feature in the Settings page of your dashboard.",
    ),
  clientEventMalformed: (): Fault =>
    refusal("Invalid client event (must contain channel and data)"),
  clientEventOnPublic: (): Fault =>
    refusal("Client event rejected - only supported on private and presence channels"),
  clientEventOutside: (channel: string): Fault =>
    refusal(
      `Cannot broadcast client event (connection not subscribed to channel ${shorten(channel)})`,
    ),
  clientEventTooLarge: (bytes: number, maxBytes: number): Fault =>
    over(
      "event_data",
      refusal(
        `The data content of this event exceeds the allowed maximum (${maxBytes} bytes): it has ${bytes}`,
      ),
    ),
  eventNameTooLong: (maxLength: number): Fault =>
    over("event_name", refusal(`Event name too long: the maximum is ${maxLength} characters`)),
  clientEventRate: (perSecond: number): Fault =>
    over(
      "client_events",
      refusal(
        `The client event was rejected because the rate limit of ${perSecond} client events a second was exceeded`,
        4301,
      ),
    ),
} as const;

/** Refusals of API requests, with the texts of the live service. */
export const REJECT = {
  missingParameter: (name: string): Fault => rejection(400, `Missing required parameter: ${name}`),
  unknownApp: (id: string): Fault =>
    rejection(404, `Unknown app: no app with id '${shorten(id)}' on this server`),
  disabledApp: (): Fault => rejection(403, "Application disabled"),
  unauthorised: (message: string): Fault => rejection(401, message),
  replayed: (): Fault =>
    over("replay", rejection(401, "Invalid signature: this request was received before")),
  tooManyEvents: (perSecond: number): Fault =>
    over("api_events", rejection(429, `Too many events: the maximum is ${perSecond} a second`)),
  tooManyReads: (perSecond: number): Fault =>
    over("api_reads", rejection(429, `Too many requests: the maximum is ${perSecond} a second`)),
  tooManyRequests: (max: number, seconds: number): Fault =>
    over(
      "api_rate",
      rejection(429, `Too many requests: the maximum is ${max} in ${seconds} s for one address`),
    ),
  tooManyRefusals: (): Fault =>
    over("refusal_rate", rejection(429, "Too many refused connections of one address")),
  tooManyHeld: (): Fault => over("refusals_held", rejection(429, "Too many refused connections")),
  tooManyUnsigned: (): Fault =>
    over("unsigned_requests", rejection(429, "Too many requests that nobody has signed")),
  excessiveTarget: (excess: Excess): Fault =>
    over(
      "request_target",
      rejection(excess === "length" ? 414 : 400, `Invalid path or query: ${EXCESSES[excess]}`),
    ),
  badUpgrade: (): Fault => rejection(400, "Invalid WebSocket upgrade request"),
  clusterSilent: (): Fault => rejection(503, "Other servers did not answer, try again later"),
  internal: (): Fault => rejection(500, "Internal server error"),
  invalidTags: (message: string): Fault => rejection(400, message),
  invalidUserId: (): Fault => rejection(400, "Invalid user id"),
  unsupportedParameter: (name: string): Fault =>
    rejection(
      400,
      `Unsupported parameter: ${shorten(name)} (this server would not deliver it with the event)`,
    ),
  extrasNotObject: (): Fault => rejection(400, "Expected extras parameter to be an object"),
  invalidIdempotencyKey: (maxLength: number): Fault =>
    rejection(400, `Invalid idempotency key: must be a string of 1 to ${maxLength} characters`),
  bodyNotText: (): Fault => rejection(400, "Invalid body: it must be UTF-8"),
  unknownRoute: (): Fault => rejection(404, "Not found"),
  wrongMethod: (allowed: string): Fault => rejection(405, `Method not allowed: must be ${allowed}`),
  unreadBody: (excess: JsonExcess | null): Fault =>
    excess === null
      ? rejection(400, "Invalid JSON: the body must be a JSON object")
      : over(`json_${excess}`, rejection(400, `Invalid JSON: the body ${JSON_EXCESSES[excess]}`)),
  tooManyToRemember: (): Fault =>
    over("replay_memory", rejection(503, "Too many requests to remember: try again later")),
  nameNotString: (): Fault => rejection(400, "Expected name parameter to be a string"),
  eventNameTooLong: (maxLength: number): Fault =>
    rejection(400, `Invalid event name: must be 1 to ${maxLength} characters`),
  reservedEvent: (event: string): Fault =>
    rejection(400, `Invalid event name: '${shorten(event)}' is reserved`),
  dataTooLarge: (maxBytes: number): Fault =>
    over(
      "event_data",
      rejection(
        413,
        `The data content of this event exceeds the allowed maximum (${maxBytes} bytes). See https://pusher.com/docs/channels/server_api/http-api#publishing-events for more info`,
      ),
    ),
  channelsNotList: (): Fault =>
    rejection(400, "Expected channels parameter to be an array of strings"),
  tooManyChannels: (count: number, max: number): Fault =>
    over("event_channels", rejection(400, `Too many channels (${count} > ${max})`)),
  invalidChannel: (): Fault => rejection(400, "Invalid channel name"),
  invalidSocketId: (): Fault =>
    rejection(400, "Invalid socket id: must be of format digits.digits"),
  batchTooLarge: (count: number, max: number): Fault =>
    over("batch_events", rejection(400, `Batch too large (${count} > ${max})`)),
  batchNotList: (): Fault => rejection(400, "Expected batch parameter to be an array of events"),
  unknownInfo: (allowed: string): Fault =>
    rejection(400, `info should be a comma separated list of attributes: ${allowed}`),
  listUserCount: (): Fault =>
    rejection(
      400,
      // The misspelling is the live service's, and its client libraries compare the text.
      "user_count may only be requested for presence channels - please supply filter_by_prefix begining with presence-",
    ),
  listSubscriptionCount: (): Fault =>
    rejection(400, "subscription_count may not be requested for a list of channels"),
  userCountOutsidePresence: (): Fault =>
    rejection(400, "Cannot retrieve the user count unless the channel is a presence channel"),
  subscriptionCountDisabled: (): Fault =>
    rejection(
      400,
      "Cannot retrieve the subscription count because subscription counting is not enabled",
    ),
  usersOutsidePresence: (): Fault =>
    rejection(400, "Users can only be retrieved for presence channels"),
  extraneous: (names: readonly string[]): Fault =>
    rejection(
      400,
      `The following query string parameters are extraneous: ${names.map(shorten).join(", ")}`,
    ),
} as const;

/** Cuts text from outside to a useful length, so that a fault does not send a megabyte back. */
function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

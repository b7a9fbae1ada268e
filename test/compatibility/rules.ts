// The rules of the Pusher protocol that clients, libraries and applications rely on, numbered by
// subject, each with the tests that prove it. A test is named as `FILE > DESCRIBE > NAME` below
// test/, where `*` stands for any text; every test that a name matches must pass.

/** A subject of the protocol. Its number is the first part of its rules' ids. */
export interface Subject {
  readonly number: string;
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** One thing that the server does, or never does. */
export interface Rule {
  /** The subject's number and a letter, for example `1.3.b`. */
  readonly id: string;
  readonly text: string;
  /** At least one name or pattern. */
  readonly tests: readonly string[];
}

const CONNECTION = "e2e/connection.test.ts > a connection > ";
const UPGRADE = "e2e/connection.test.ts > an upgrade that is not understood closes with > ";
const FRAME = "e2e/connection.test.ts > a frame that is not understood > ";
const PRIVATE = "e2e/private.test.ts > ";
const PRESENCE = "e2e/presence.test.ts > a presence channel > ";
const CLIENT_EVENT = "e2e/client-events.test.ts > a client event > ";
const CLIENT_EVENT_REFUSED =
  "e2e/client-events.test.ts > a client event is refused, and the socket stays open, > ";
const CACHE = "e2e/cache.test.ts > ";
const COUNT = "e2e/subscription-count.test.ts > ";
const SIGN_IN = "e2e/sign-in.test.ts > ";
const WATCHLIST = "e2e/watchlist.test.ts > ";
const AUTHORISED =
  "e2e/authorised-connections.test.ts > a connection that must authorise itself > ";
const REQUEST = "e2e/requests.test.ts > a request > ";
const SIGNED = "unit/protocol/request-signature.test.ts > verifyRequest() > ";
const PUBLISH = "e2e/publish.test.ts > ";
const CHANNELS = "e2e/channels.test.ts > ";
const RESOURCES = "e2e/resources.test.ts > ";
const REFUSED = "e2e/refused-requests.test.ts > ";
const BARE = "e2e/bare-member.test.ts > ";
const SOCKUDO = "e2e/sockudo-clients.test.ts > ";
const LACKING = "e2e/unsupported.test.ts > ";
const KEY = "e2e/idempotency.test.ts > an idempotency key > ";
const WEBHOOK = "e2e/webhooks.test.ts > a webhook > ";

/** All subjects, in the order of the protocol's documents. */
export const SUBJECTS: readonly Subject[] = [
  subject("1.1", "Connecting", [
    [
      "`/app/KEY` upgrades; parameters may come in any order, and unknown ones are ignored",
      "unit/protocol/handshake.test.ts > readHandshake() > takes *",
      `${CONNECTION}brings pusher-js to state connected with a socket id of digits.digits`,
    ],
    [
      "An invalid upgrade succeeds and is then closed with a code; it is never refused with an HTTP status",
      "e2e/connection.test.ts > a wrong key > closes with 4001 after the upgrade has succeeded",
      `${UPGRADE}*`,
    ],
    ["4005 for a path that is not `/app/KEY`", `${UPGRADE}4005 for path *`],
    [
      "4006 for a version that is not a number; with protocol 2 it may be any text",
      `${UPGRADE}4006 for a bad version`,
      "unit/protocol/handshake.test.ts > a handshake of Sockudo's dialect > may have the version *",
    ],
    ["4007 for a protocol before 4 or after 7", `${UPGRADE}4007 for *`],
    ["4008 for no protocol", `${UPGRADE}4008 without a protocol`],
    [
      "An `Origin` header is not required, and is checked only when the app lists allowed origins",
      "e2e/origins.test.ts > a page may connect > *",
    ],
    [
      "With a configured path prefix, WebSockets and the API are served below it",
      `${RESOURCES}under a path prefix > *`,
    ],
    [
      "pusher-js connects over TLS too, and renewing the certificate interrupts no connection",
      "ops/tls.test.ts > a server with a certificate > brings pusher-js to state connected, and gives it events",
      "ops/tls.test.ts > SIGHUP > *",
    ],
  ]),
  subject("1.2", "Versions of the protocol", [
    ["Versions 4, 5, 6 and 7 are supported", `${CONNECTION}takes protocol *`],
    [
      "Versions 4 and 5 get a `pusher:error` with the code before a close",
      "e2e/connection.test.ts > a wrong key > is told to protocol * by an event before the close",
      "e2e/closing-events.test.ts > a close of protocol 4, with an event before: true > *",
      "e2e/closing-events.test.ts > a close of protocol 5, with an event before: true > *",
      `${AUTHORISED}is told to protocol 5 by an event before the close`,
    ],
    [
      "Versions 6 and 7 get only the close frame",
      "e2e/connection.test.ts > a wrong key > is told to protocol 7 by the close frame alone",
      "e2e/closing-events.test.ts > a close of protocol 6, with an event before: false > *",
      "e2e/closing-events.test.ts > a close of protocol 7, with an event before: false > *",
    ],
    [
      "From version 4 on, `subscription_succeeded` is sent on public and private channels too",
      "e2e/frames.test.ts > a subscription > is answered on any channel with protocol *",
    ],
  ]),
  subject("1.3", "The first frame", [
    [
      "The first frame is `pusher:connection_established`; its data is a JSON text with the socket id and a positive `activity_timeout`, 120 by default",
      `${CONNECTION}begins with the exact handshake frame`,
      "unit/session/admission.test.ts > Admission > gives the handshake frame of the live service",
    ],
    [
      "A socket id is `digits.digits`",
      `${CONNECTION}brings pusher-js to state connected with a socket id of digits.digits`,
      "unit/session/socket-ids.test.ts > socketIds() gives distinct ids of the protocol's form",
    ],
    ["No two connections have the same socket id", `${CONNECTION}has a socket id of its own`],
  ]),
  subject("1.4", "Liveness", [
    [
      "`pusher:ping` is answered with `pusher:pong`, which has data",
      `${CONNECTION}answers a ping with empty data`,
    ],
    [
      "`pusher:ping` may have no data; the Java library sends it that way",
      `${CONNECTION}answers a ping without data, as Java sends it`,
    ],
    [
      "A WebSocket ping frame is answered with a pong frame",
      "e2e/frames.test.ts > control frames > of a client are answered with what they hold",
    ],
    [
      "Ping and pong frames count as activity, like any other frame",
      "e2e/liveness.test.ts > who proves to be alive stays, and who does not is closed with 4201 although it is pushed to",
      "unit/session/liveness.test.ts > LivenessWheel > any inbound frame counts, without a ping",
    ],
    [
      "A silent client is sent a ping frame after `activity_timeout`",
      "e2e/frames.test.ts > control frames > ask a client that is silent, and no event does",
    ],
    [
      "A client that does not answer within 30 seconds is closed with 4201 `Pong reply not received`, even while events are being sent to it",
      "e2e/liveness.test.ts > who proves to be alive stays, and who does not is closed with 4201 although it is pushed to",
      "unit/session/liveness.test.ts > LivenessWheel > pings after the activity timeout and expires when no answer comes",
    ],
  ]),
  subject("1.5", "Errors and closes", [
    [
      "4001 for an unknown key, with Pusher's text; pusher-js does not reconnect",
      "e2e/connection.test.ts > a wrong key > closes with 4001 after the upgrade has succeeded",
      "e2e/connection.test.ts > a wrong key > makes pusher-js give up",
    ],
    [
      "4003 for a disabled app",
      "e2e/connection.test.ts > connections to a disabled app close with 4003",
    ],
    [
      "4004 above the app's connection limit, with Pusher's text",
      "e2e/connection.test.ts > a connection above the app's limit closes with 4004",
    ],
    [
      "4100 when the node is full, so that clients reconnect after a delay",
      "ops/addresses.test.ts > a node that is full closes with 4100, and takes one when another has gone",
    ],
    [
      "Above 20 refused connections a second from one address, further ones get HTTP 429 instead of a close frame",
      "fault/refused-connections.test.ts > an address with too many refused connections gets HTTP 429 for more, and others the reason",
      "fault/refused-connections.test.ts > a hundred deaf clients a second with a wrong key take few descriptors, and nobody else feels them",
    ],
    [
      "4200 when the server shuts down: clients are closed a few at a time, and pusher-js reconnects at once",
      "ops/drain.test.ts > a server that is told to end > sends 600 clients elsewhere a few at a time, within the grace, and exits with 0",
      "ops/drain.test.ts > a server that is told to end > lets pusher-js try again at once, and takes nobody any more",
      "e2e/reconnect.test.ts > pusher-js comes back by itself and gets events again > *",
    ],
    [
      "4301 and 4302 are sent as events and the connection stays open: a close with 43xx would keep pusher-js from reconnecting",
      `${CLIENT_EVENT_REFUSED}above ten a second, with code 4301`,
      `${WATCHLIST}of a watchlist above 100 the first 100 count, and the rest is told by 4302`,
    ],
    [
      "`pusher:error` has an object as data, with a code that is a number or null and a message",
      `${PRIVATE}a private channel refuses > no auth with the live text`,
      `${CLIENT_EVENT_REFUSED}when the app has them turned off`,
    ],
    [
      "A second subscription to a channel: `Existing subscription to channel X`",
      `${PRIVATE}a second subscription to a channel is refused and leaves the first as it is`,
    ],
    [
      "Unsubscribing without a subscription: `No current subscription to channel X, or subscription in progress`",
      `${PRIVATE}unsubscribing from a channel without a subscription is refused`,
    ],
    [
      "The answer to a wrong signature contains the text that should have been signed",
      `${PRIVATE}pusher-js on a private channel > is refused with a wrong signature, and the socket stays open`,
    ],
    [
      "A missing auth, an auth without a colon and a wrong key get Pusher's texts",
      `${PRIVATE}a private channel refuses > *`,
    ],
    [
      "A `user_info` that is not an object is refused with Pusher's text; `true` is accepted unless the app sets `strict_presence`",
      "e2e/presence.test.ts > a presence channel refuses > user_info that is no object, with the live text",
      `${BARE}is refused with Pusher's text by *`,
    ],
    [
      "Events that clients may not send are refused, including names reserved for the server",
      `${FRAME}is refused and leaves the socket open: of *`,
    ],
    [
      "A frame that is not a JSON object with an event is refused, and the connection stays open",
      `${FRAME}is refused and leaves the socket open: not *`,
      `${FRAME}is refused and leaves the socket open: without event`,
      "property/protocol.test.ts > readCommand() never throws, and its faults can be sent",
    ],
    ["A binary frame closes with 1003", `${FRAME}closes with 1003 when it is binary`],
    [
      "4005 for a path and query of more than 4,096 characters or 128 parameters",
      "fault/requests.test.ts > a request is not read > for an upgrade with *",
    ],
  ]),
  subject("1.6", "Encoding", [
    [
      "The data of every frame sent to a client is a JSON text, except in `pusher:error`",
      `${PUBLISH}an event of the server library > is this very frame`,
      `${PRESENCE}tells it in this very frame`,
      `${PRESENCE}tells it in these very frames, and not to who has come`,
      `${COUNT}an app with subscription counts tells > the newcomer too, in this very frame behind its reply`,
    ],
    [
      "Published data arrives unchanged, even when it is not JSON",
      `${PUBLISH}an event of the server library > keeps data that is not JSON as it is`,
      "property/protocol.test.ts > an event's frame contains name and data unchanged, whatever they are",
    ],
    [
      "Data published as JSON other than a string is encoded exactly once",
      "unit/http/api.test.ts > POST /events > encodes data that is no text once",
    ],
    [
      "The data of a client event is relayed unchanged if it is a string, and as JSON otherwise",
      `${CLIENT_EVENT}is relayed as text, sent with *`,
    ],
    [
      "The data of a client's frame may be an object or a string that contains its JSON",
      "e2e/frames.test.ts > a subscription > may have its parameters as the text of their JSON",
      "unit/protocol/commands.test.ts > readCommand() > reads data that is a JSON text",
    ],
    [
      "Members come in the order event, data, channel, user_id; `channel` and `user_id` are omitted when there is none",
      `${PUBLISH}an event of the server library > is this very frame`,
      `${WATCHLIST}a watchlist tells > the present state behind the reply, in this very frame without a channel`,
      "unit/hub/subscribe.test.ts > sendClientEvent() > *user id*",
    ],
    [
      "Event names and data may contain any Unicode text",
      "e2e/frames.test.ts > an event of an application > may be written in any language and may hold anything",
      `${PUBLISH}an event of the server library > reaches pusher-js with its name and data`,
    ],
  ]),
  subject("1.7", "Sizes and order", [
    [
      "Frames of up to 64 KB are accepted; a longer one closes the connection with 1009",
      "e2e/frames.test.ts > a frame of a client > may have 64 KB, and closes its connection with 1009 when it has more",
    ],
    [
      "A client event with more than 10 KB of data is refused, and the connection stays open",
      `${CLIENT_EVENT_REFUSED}with more data than 10240 bytes`,
    ],
    [
      "Events arrive in the order in which they were published",
      `${PUBLISH}an event of the server library > arrives in the order of publishing`,
    ],
    [
      "The reply to a subscription comes first, then the cached event, then live events",
      `${CACHE}a * channel > gives pusher-js the last event alone, behind the reply`,
    ],
    [
      "Unsubscribing and immediately subscribing again leaves the client subscribed",
      `${PRIVATE}unsubscribe and subscribe, sent at once, end subscribed`,
    ],
    [
      "Objects keyed by id are accepted whatever the ids are. Only a frame of many objects with a few whole numbers below 1,000 as keys and almost no values is refused, and the connection stays open",
      "unit/protocol/json.test.ts > parseJson() > reads whole numbers as keys: *",
      "fault/frames.test.ts > a frame with whole numbers as keys out of all proportion is refused by name",
    ],
  ]),
  subject("2.1", "Channel names", [
    [
      "Letters, digits and `_ - = @ , . ;`, and `:` unless the app sets `strict_channel_names`; at most 164 characters by default, prefix included",
      "e2e/limits.test.ts > the name of a channel > * is taken, and is a public channel",
      "e2e/limits.test.ts > the name of a channel > * is refused",
      "e2e/limits.test.ts > the name of a channel > has no colon where names are strict, for one app or for all",
    ],
    [
      "Names that begin with `#` are reserved for the server, except `#server-to-user-ID`",
      'unit/hub/subscribe.test.ts > subscribe() > refuses the name "#*',
      `${SIGN_IN}an event to a user > reaches every connection of the user alone, in this very frame`,
    ],
    [
      "The longest matching prefix decides the type of a channel; it includes the dash and is case-sensitive",
      "unit/protocol/names.test.ts > channelKind() > *",
      "e2e/limits.test.ts > the name of a channel > is compared with its case",
      "e2e/limits.test.ts > the name of a channel > * is a public cache channel",
    ],
  ]),
  subject("2.2", "Subscribing and unsubscribing", [
    [
      "On a public channel auth and `channel_data` are ignored",
      "e2e/frames.test.ts > a subscription > to a public channel takes any auth and channel_data, and heeds none",
    ],
    ["Unsubscribing has no answer", "e2e/frames.test.ts > a subscription > ends without an answer"],
    [
      "Nothing is delivered after unsubscribing",
      `${PUBLISH}an event of the server library > reaches nobody after unsubscribe`,
    ],
    [
      "Clients that reconnect are subscribed to their channels again, presence channels included",
      "e2e/reconnect.test.ts > pusher-js comes back by itself and gets events again > *",
    ],
  ]),
  subject("2.3", "The reply to a subscription", [
    [
      "On public and private channels its data is `{}`",
      "unit/hub/subscribe.test.ts > subscribe() > answers with the exact frame",
      "e2e/frames.test.ts > a subscription > to a public channel takes any auth and channel_data, and heeds none",
    ],
    [
      "On presence channels it has `count`, `ids` and `hash`, which include the new member",
      `${PRESENCE}tells it in this very frame`,
      `${PRESENCE}tells a newcomer who is there, itself included`,
    ],
    [
      "A member without `user_info` has an empty object in `hash`",
      `${PRESENCE}tells it in this very frame`,
    ],
  ]),
  subject("2.4", "Refused subscriptions", [
    [
      "The server refuses with `pusher:error` and code null, and the connection stays open",
      `${PRIVATE}a private channel refuses > *`,
      `${PRIVATE}pusher-js on a private channel > is refused with a wrong signature, and the socket stays open`,
    ],
    [
      "When the application refuses, pusher-js emits `pusher:subscription_error` itself; the server is not involved",
      `${PRIVATE}pusher-js on a private channel > is told pusher:subscription_error when its application refuses`,
    ],
  ]),
  subject("2.5", "Presence", [
    [
      "A member is a user: `member_added` is sent for its first connection and `member_removed` when its last one ends",
      `${PRESENCE}does not announce a second tab of the same user`,
      `${PRESENCE}announces that a user has gone with the last tab, not the first`,
    ],
    [
      "A new member does not get its own `member_added`",
      `${PRESENCE}tells it in these very frames, and not to who has come`,
    ],
    [
      "Unsubscribing and a lost connection both end the membership",
      `${PRESENCE}tells the others who has come and gone`,
      `${PRESENCE}announces a user whose connection is lost without a close`,
    ],
    [
      "A numeric `user_id` is sent as text",
      `${PRESENCE}takes a number for a user id and says it as text`,
    ],
    [
      "Further properties of a member are not passed on",
      "e2e/limits.test.ts > a presence channel takes by default > a member's further properties, and does not pass them on",
    ],
    [
      "Without `channel_data` the signed-in user becomes the member",
      `${SIGN_IN}a presence channel without channel_data > takes its member from the sign-in, for pusher-js and for who is there`,
    ],
    [
      "If there are both, `channel_data` is used",
      `${SIGN_IN}a presence channel without channel_data > takes channel_data before the sign-in where there are both`,
    ],
    [
      "If there is neither, the subscription is refused",
      `${SIGN_IN}a presence channel without channel_data > refuses who has not signed in`,
    ],
    [
      "100 users by default; a 101st is refused, further connections of a user are not",
      "e2e/limits.test.ts > a presence channel takes by default > 100 users, not one more, but further connections of those",
    ],
    [
      "A user object may have up to 1 KB, an id up to 128 characters",
      "e2e/limits.test.ts > a presence channel takes by default > a user object of 1 KB and not of more",
      "e2e/limits.test.ts > a presence channel takes by default > an id of 128 characters and not of more, nor of none",
    ],
    [
      "The user object of the first connection is kept until the user has left",
      "e2e/limits.test.ts > a second connection's user object does not replace the first's while that is there",
    ],
  ]),
  subject("2.6", "Signatures of subscriptions", [
    [
      "`KEY:` and the HMAC-SHA256 of `SOCKET_ID:CHANNEL` in hex, as in Pusher's published examples",
      "unit/protocol/signatures.test.ts > sign() > signs *",
      "unit/protocol/signatures.test.ts > authoriseSubscription() > accepts the vector",
    ],
    [
      "`channel_data` is part of the signed text whenever it is sent, on private channels too",
      `${PRIVATE}channel_data is part of what is signed, on private channels as well`,
      `${SIGN_IN}a private channel with channel_data in its signature lets pusher-js in`,
    ],
    [
      "Any active key of the app may sign, whichever key the connection uses",
      "ops/credentials.test.ts > an app with two pairs of key and secret > *",
    ],
    [
      "Signatures may be in upper or lower case",
      "unit/protocol/signatures.test.ts > sameDigest() takes capitals and refuses another length",
    ],
    [
      "A signature is valid for one connection and one channel",
      `${PRIVATE}a private channel refuses > the signature of another *`,
    ],
    [
      "`channel_data` that is not a JSON object is refused: a signature of `SOCKET_ID:private-a:b` must not be valid for both `private-a:b` and `private-a`",
      `${PRIVATE}the signature of a channel with a colon lets nobody into the channel before the colon > *`,
    ],
  ]),
  subject("2.7", "Subscription counts", [
    [
      "Sent only if the app enables them",
      `${COUNT}an app that does not ask for subscription counts is told none`,
    ],
    [
      "Sent to all subscribers whenever one is added or leaves; pusher-js emits `pusher:subscription_count`",
      `${COUNT}an app with subscription counts tells > pusher-js how many there are, with each who comes and goes`,
    ],
    [
      "Sent to the new subscriber too, after its reply",
      `${COUNT}an app with subscription counts tells > the newcomer too, in this very frame behind its reply`,
    ],
    [
      "Not sent on presence channels",
      `${COUNT}an app with subscription counts tells > nothing on a presence channel, whose members know`,
    ],
    [
      "Above 100 subscribers it is sent at most every five seconds",
      "unit/hub/cache.test.ts > subscription_count > is told at most every five seconds above a hundred",
    ],
  ]),
  subject("2.8", "Cache channels", [
    [
      "There are four types: public, private, presence and encrypted",
      `${CACHE}a * channel > gives pusher-js the last event alone, behind the reply`,
      `${CACHE}an encrypted cache channel gives the last event as the publisher encrypted it`,
    ],
    [
      "A new subscriber gets the last event as it was published, in the same frame as a live event",
      `${CACHE}the event of a cache channel > is the same frame that its subscribers got`,
    ],
    [
      "Client events and events of the server itself are never cached",
      `${CACHE}the event of a cache channel > is never one that a client sent, nor that somebody came or went`,
    ],
    [
      "If no event is cached, `pusher:cache_miss` is sent, with data",
      `${CACHE}a * channel > tells pusher-js that it has no event, with empty data`,
    ],
    [
      "A connection excluded by `socket_id` does not get the live event, but gets the cached one when it subscribes",
      `${CACHE}the event of a cache channel > is there for whom it left out as well`,
    ],
    [
      "Publishes to several channels and batches are cached in each of their cache channels",
      `${CACHE}the event of a cache channel > is remembered in each channel of a publish and of a batch`,
    ],
    [
      "An event is cached for up to 30 minutes, even while the channel has no subscribers",
      `${CACHE}the event of a cache channel > is told by info=cache with the seconds that it is kept, 30 minutes at most`,
      `${CACHE}the event of a cache channel > is forgotten after its time`,
    ],
  ]),
  subject("2.9", "Client events", [
    [
      "Refused with Pusher's text unless the app enables them",
      `${CLIENT_EVENT_REFUSED}when the app has them turned off`,
    ],
    [
      "Refused on public channels, public cache channels and the channels of users",
      `${CLIENT_EVENT_REFUSED}on a public channel`,
      "unit/hub/subscribe.test.ts > sendClientEvent() > refuses on *",
    ],
    [
      "Accepted only for channels to which the sender is subscribed",
      `${CLIENT_EVENT_REFUSED}on a channel without a subscription`,
    ],
    ["Refused without a channel", `${CLIENT_EVENT_REFUSED}without a channel`],
    [
      "Without data they are relayed with an empty object: Echo's whisper() sends them without",
      `${CLIENT_EVENT}without data is relayed, as Echo's whisper sends it`,
      "e2e/echo.test.ts > Laravel Echo > whispers to the others, with and without a payload",
    ],
    ["Never relayed to the sender", `${CLIENT_EVENT}reaches the others and not who sent it`],
    [
      "They carry the sender's `user_id` on presence channels, and none on private ones",
      `${CLIENT_EVENT}carries its sender's user id on a presence channel`,
      "unit/hub/subscribe.test.ts > sendClientEvent() > has no user id on a private channel",
    ],
    [
      "Ten a second are allowed on a connection; further ones are dropped and answered with 4301",
      `${CLIENT_EVENT_REFUSED}above ten a second, with code 4301`,
    ],
  ]),
  subject("2.10", "Encrypted channels", [
    [
      "Encrypted data is passed on without being read or changed, and pusher-js decrypts it",
      "e2e/encrypted.test.ts > an encrypted event passes through unread and unchanged",
      "e2e/browser.test.ts > a page in Chromium > decrypts an event of an encrypted channel, which the server cannot read",
    ],
    [
      "They are authorised like private channels",
      "unit/hub/subscribe.test.ts > subscribe() > asks for authorisation on private-encrypted-*",
    ],
  ]),
  subject("3.1", "Signing in", [
    [
      "`pusher:signin` is answered with `pusher:signin_success` and the `user_data` as it was sent",
      "unit/hub/users.test.ts > signIn() > answers with the user data as it was sent",
      "e2e/users.test.ts > a signed-in user > is who the application said",
    ],
    [
      "The signature covers `SOCKET_ID::user::USER_DATA`, as in Pusher's published example",
      "unit/protocol/signatures.test.ts > sign() > signs 1234.1234::user::*",
      `${SIGN_IN}a sign-in > * is refused and leaves the socket open`,
    ],
    [
      "The id is a string of 1 to 128 of the characters that channel names may have",
      `${SIGN_IN}a sign-in > that was signed * is refused`,
      `${SIGN_IN}a sign-in > with an id of 128 characters succeeds`,
    ],
    [
      "A refusal is `pusher:error` with code null, and the connection stays open",
      `${SIGN_IN}a sign-in > * is refused and leaves the socket open`,
    ],
    [
      "The same user may sign in again on a connection; a different user may not",
      `${SIGN_IN}a sign-in > a second time as the same user succeeds, as another is refused`,
    ],
    [
      "Signing in needs no app setting, and pusher-js repeats it on each new connection",
      `${SIGN_IN}a sign-in > needs no setting of the app and comes again with each connection of pusher-js`,
    ],
  ]),
  subject("3.2", "Watchlists", [
    [
      "Sent only if the app enables them",
      `${WATCHLIST}an app that does not ask for watchlists is told nothing, and no limit holds`,
    ],
    [
      "The current state is sent after `signin_success`",
      `${WATCHLIST}a watchlist tells > the present state behind the reply, in this very frame without a channel`,
    ],
    [
      "`online` is sent for a user's first signed-in connection and `offline` when its last one ends",
      `${WATCHLIST}a watchlist tells > pusher-js who is online, who comes with the first and goes with the last connection`,
    ],
    [
      "A user who is on a presence channel but not signed in is not online",
      `${WATCHLIST}a watchlist tells > nothing of who is on a presence channel without a sign-in`,
    ],
    [
      "Of more than 100 ids only the first 100 are watched; the sign-in succeeds and 4302 is sent",
      `${WATCHLIST}of a watchlist above 100 the first 100 count, and the rest is told by 4302`,
      `${WATCHLIST}a watchlist of 100 is no error, also of the longest ids`,
    ],
  ]),
  subject("3.3", "Authorised connections", [
    [
      "If the app requires it, a connection that neither signs in nor subscribes to an authorised channel in time is closed with 4009 and Pusher's text",
      `${AUTHORISED}stays after a sign-in or an authorised channel, and is closed with 4009 without`,
    ],
    [
      "pusher-js does not reconnect after that",
      `${AUTHORISED}does not come back by itself, with pusher-js`,
    ],
    [
      "A connection counts towards the app's connection limit only once it is authorised",
      `${AUTHORISED}counts against the app's connections only when it has`,
    ],
  ]),
  subject("3.4", "Events to a user", [
    [
      "An event to `#server-to-user-ID` reaches the connections that are signed in as that user, and pusher-js emits it on `pusher.user`",
      `${SIGN_IN}an event to a user > reaches every connection of the user alone, in this very frame`,
      "e2e/users.test.ts > a signed-in user > gets on each connection what is sent to it, and nobody else does",
    ],
    [
      "No other connection may subscribe to that channel, even with a valid signature",
      `${SIGN_IN}an event to a user > reaches nobody who has not signed in, whatever the signature`,
      `${SIGN_IN}an event to a user > reaches nobody who has signed in as somebody else`,
    ],
    [
      "It is accepted for a user without connections",
      `${SIGN_IN}an event to a user > is accepted for a user who is not there`,
    ],
    [
      "These channels are not listed by the API and do not appear in webhooks",
      `${SIGN_IN}an event to a user > goes over a channel that applications are not told of`,
      "e2e/webhooks.test.ts > nothing is told of the channels of users",
    ],
  ]),
  subject("3.5", "Ending a user's connections", [
    [
      "`terminate_connections` answers `{}` and closes every connection that is signed in as the user with 4009, and no other",
      `${SIGN_IN}the connections of a user > are closed with 4009 by terminateUserConnections(), and no others`,
    ],
    [
      "pusher-js does not reconnect by itself after that",
      `${SIGN_IN}the connections of a user > do not come back by themselves after that, with pusher-js`,
    ],
    [
      "A user without connections is not an error",
      `${SIGN_IN}the connections of a user > may be asked for when there are none`,
    ],
    [
      "`force_reconnect` closes them with 4200, and they reconnect",
      `${SIGN_IN}the connections of a user > are closed with 4200 by force_reconnect, and pusher-js is back on its channels`,
    ],
  ]),
  subject("4.1", "The HTTP API", [
    [
      "Errors are one line of plain text, since libraries show them unchanged, or JSON if the request accepts it",
      `${REFUSED}a request that is refused with * > is told why in *`,
    ],
    [
      "The parameters of a POST may be in the query string",
      `${REQUEST}may have its parameters in the query instead of a body`,
    ],
    [
      "Connections are kept alive",
      "e2e/requests.test.ts > two requests go over one TCP connection",
    ],
    [
      "No request over a kept-alive connection is lost when the server stops or renews its certificate: its answer has `Connection: close`",
      "ops/kept-connections.test.ts > no publish is lost while the certificate is renewed fifteen times",
      "ops/kept-connections.test.ts > no publish is lost while another process takes over the port",
      "ops/kept-connections.test.ts > a server that stops answers who asks, as the last time, and ends when all have been answered",
    ],
    [
      "Answers with 400, 401, 403, 404, 405 and 413 say what is wrong",
      `${REFUSED}a request that is refused with *`,
      `${REQUEST}for an unknown *`,
    ],
    [
      "App ids that the server generates are numbers, since some libraries require that",
      "ops/development.test.ts > development mode > makes an app whose id is a number and whose credentials are new with every start",
    ],
    [
      "Apps are isolated from one another",
      "ops/credentials.test.ts > two apps on one server > do not see one another",
    ],
    [
      "A path and query of more than 4,096 characters is answered with 414, one of more than 128 parameters or 8 path segments with 400; no library sends that much",
      "fault/requests.test.ts > a request is not read > above *",
      "unit/protocol/query.test.ts > excessOf() lets through what libraries send, and names what is too much",
    ],
    [
      "Unsigned requests are answered with 429 above 250 a second from one address; signed requests are not counted",
      "fault/requests.test.ts > requests of one address that nobody has signed > *",
    ],
  ]),
  subject("4.2", "Signatures of requests", [
    ["Pusher's published examples verify", "unit/protocol/request-signature.test.ts > vectors > *"],
    [
      "The signature covers every parameter, known or not, in any order, with names in lower case",
      `${SIGNED}covers parameters it does not know, in any order`,
      `${SIGNED}lower-cases the names and takes a signature in capitals`,
      `${REQUEST}with a parameter added after it was signed is refused`,
    ],
    [
      "`body_md5` is accepted without a body too, since the Python library signs it",
      `${REQUEST}without a body may be signed with the digest of none, as Python does`,
    ],
    [
      "With a body `body_md5` is required and checked",
      `${SIGNED}asks for the body's digest and compares it with the bytes`,
      `${REQUEST}with another body than was signed is refused, and publishes nothing`,
    ],
    [
      "Values are signed in decoded form, whether or not they are escaped in the request",
      `${SIGNED}signs decoded values, escaped on the wire or not`,
    ],
    [
      "A path that was escaped after it was signed is accepted",
      `${SIGNED}tries the raw path first and the decoded one then`,
      `${RESOURCES}a path may hold names > *`,
    ],
    [
      "Lists may be signed element by element, or joined as the PHP library does",
      `${SIGNED}takes arrays as elements and, as PHP signs them, joined`,
    ],
    [
      "A path prefix is not part of the signed text",
      `${RESOURCES}under a path prefix > pusher-js connects with wsPath, and requests count that are signed without it`,
    ],
    [
      "A timestamp that is off by 600 seconds or more is refused with Pusher's text",
      `${SIGNED}rejects a clock that is 600 seconds off, either way`,
      `${REQUEST}with old timestamp is refused`,
    ],
    [
      "An app may have several active keys, and no key is valid for another app",
      "ops/credentials.test.ts > an app with two pairs of key and secret > *",
      "ops/credentials.test.ts > two apps on one server > do not see one another",
    ],
  ]),
  subject("4.3", "Error texts", [
    [
      "401: key, version, timestamp and signature are checked in this order, each with Pusher's text",
      `${SIGNED}answers * with the live text, in the live order`,
      `${REQUEST}with another app's secret is refused and told what it should have signed`,
    ],
    [
      "400: names, channels, batches, `info` and extraneous parameters are refused with Pusher's texts",
      `${PUBLISH}a publish is refused with the live text > *`,
      `${PUBLISH}a batch > of eleven is refused`,
      `${PUBLISH}a batch > item without a channel is refused`,
      `${CHANNELS}GET /channels > refuses *`,
      `${CHANNELS}GET /channels/NAME > refuses *`,
      `${CHANNELS}GET /channels/NAME/users > refuses *`,
    ],
    [
      "413: data above 10,240 bytes is refused with Pusher's text",
      `${PUBLISH}event data > of * is refused with 413`,
    ],
  ]),
  subject("4.4", "POST /events", [
    [
      "The answer is exactly `{}`",
      `${PUBLISH}the answer to a publish > is exactly {} with status 200 and type JSON`,
    ],
    [
      "With `info` it has the counts of each channel: users only for presence channels, 0 for a channel without subscribers",
      `${PUBLISH}the answer to a publish > has the asked figures of each channel`,
    ],
    [
      "Event names may contain any characters, at most 200; `pusher_internal:` is reserved for the server",
      "e2e/limits.test.ts > an event's name may have any characters, up to 200 of them",
      "e2e/echo.test.ts > Laravel Echo > listens to broadcastAs names and class names on a public channel",
    ],
    ["Up to 10,240 bytes of data are accepted, counted in UTF-8", `${PUBLISH}event data > *`],
    [
      "`channel` and `channels` are both accepted, with at most 100 channels",
      "unit/http/api.test.ts > POST /events > takes a single channel, as PHP sends it, and delivers once for a name given twice",
      "e2e/limits.test.ts > an app that asks for less is given less",
    ],
    [
      "A channel that is named twice gets the event once; a client gets it once for each of its channels",
      `${PUBLISH}an event of the server library > reaches the subscribers of each of its channels, once a channel`,
    ],
    [
      "`socket_id` excludes one connection; an unknown id is not an error, a malformed one is",
      `${PUBLISH}an event of the server library > leaves out the socket of socket_id`,
      `${PUBLISH}an event of the server library > is taken when socket_id is of nobody`,
      "e2e/echo.test.ts > Laravel Echo > is left out of what it posts with X-Socket-ID, as by toOthers()",
    ],
  ]),
  subject("4.5", "Other resources", [
    [
      "`POST /batch_events` publishes up to ten events, each to one channel and with its own `socket_id`, and answers `{}`",
      `${PUBLISH}a batch > reaches each item's channel and is answered with {}`,
      `${PUBLISH}a batch > leaves out each item's socket_id`,
      `${PUBLISH}a batch > of eleven is refused`,
    ],
    [
      "If an item asks for counts, the answer has one entry for each item",
      `${PUBLISH}a batch > is answered item by item when one asks for figures`,
    ],
    [
      "A batch is published completely or not at all",
      `${PUBLISH}a batch > publishes nothing when one item is wrong`,
    ],
    [
      "`GET /channels` answers with an object, possibly empty, of the occupied channels; it may be filtered by prefix, and have user counts, and subscription counts if the app enables them",
      `${CHANNELS}GET /channels > has *`,
    ],
    [
      "`GET /channels/NAME` answers for a channel without subscribers too",
      `${CHANNELS}GET /channels/NAME > says that a channel is *occupied*`,
    ],
    [
      "`info` asks for user count, subscription count and cached event; without it none of them is included",
      `${CHANNELS}GET /channels/NAME > counts users and subscriptions when asked`,
      `${CHANNELS}GET /channels/NAME > says that a channel is occupied, and no more`,
      `${CACHE}the event of a cache channel > is told by info=cache with the seconds that it is kept, 30 minutes at most`,
    ],
    [
      "`GET /channels/NAME/users` lists each user once, with its id as text; the list of an empty channel is empty",
      `${CHANNELS}GET /channels/NAME/users > has *`,
    ],
    [
      "`terminate_connections` is served without `/apps/ID` too, since the Python library requests it that way",
      `${RESOURCES}a user's connections may be terminated without /apps, as by Python's library > *`,
    ],
    [
      "Deprecated: `GET /channels/NAME/stats`",
      `${RESOURCES}the deprecated figures of a channel > *`,
    ],
    [
      "Deprecated: `POST /channels/NAME/events` takes the body as the data and answers 202",
      `${RESOURCES}the deprecated way to publish > *`,
    ],
    [
      "Names in a path may be percent-encoded or not",
      `${RESOURCES}a path may hold names > written as *`,
    ],
  ]),
  subject("5", "Webhooks", [
    [
      "There are seven events, each with exactly Pusher's members",
      `${WEBHOOK}tells all seven events, each in a request of its own that the server library accepts`,
      "unit/webhook/event-text.test.ts > eventText() has the members of Pusher's and no others: *",
    ],
    [
      "`X-Pusher-Signature` signs exactly the bytes that are sent, as in Pusher's published example",
      "unit/webhook/webhooks.test.ts > A webhook > is signed like Pusher's published example",
      "unit/webhook/webhooks.test.ts > A webhook > is posted exactly as it is signed, with exactly these headers",
    ],
    [
      "`X-Pusher-Key` is the oldest active key",
      `${WEBHOOK}is signed with the oldest pair of the app`,
    ],
    [
      "`Content-Type` is exactly `application/json`, and the body has `time_ms` and `events`",
      `${WEBHOOK}tells all seven events, each in a request of its own that the server library accepts`,
    ],
    [
      "Without batching, each request has one event",
      `${WEBHOOK}without batching has one event, however many happen at once`,
    ],
    [
      "With batching, a request has several events, in order",
      `${WEBHOOK}with batching has several, in their order and not more than the size`,
    ],
    [
      "A request that is not answered with 2xx is retried unchanged",
      `${WEBHOOK}that is answered with 500 comes again unchanged, and before those behind it`,
      "unit/webhook/delivering.test.ts > A delivery > is *",
    ],
    [
      "Retries continue for five minutes, at growing intervals",
      "unit/webhook/delivery-worker.test.ts > DeliveryWorker > retries a delivery unchanged for five minutes, at growing intervals, and then gives it up",
    ],
    [
      "`channel_vacated` and `member_removed` are delayed by three seconds; if the channel or member returns in that time, neither the leave nor the return is reported",
      "e2e/webhooks.test.ts > a channel that is vacated, and a member that goes, > are not told of when they are back within the grace",
      "unit/webhook/leave-delay.test.ts > LeaveDelay > *",
    ],
    [
      "`member_added` and `member_removed` report users, not connections",
      "e2e/webhooks.test.ts > a channel that is vacated, and a member that goes, > are told of once for a user with several connections",
    ],
    [
      "`cache_miss` is reported once for all clients that miss the same event",
      "e2e/webhooks.test.ts > a missing cached event is told of once by each process for all who miss it",
    ],
    [
      "Each endpoint gets only the events that it subscribes to and that pass its filters",
      `${WEBHOOK}goes where its filters let it, in both spellings`,
      "unit/webhook/webhooks.test.ts > Webhooks * > send * only to the endpoints that want it",
    ],
    [
      "Several requests may be in flight at once; events of one channel arrive in order and add up to the current state",
      "unit/webhook/delivering.test.ts > An endpoint > has of * at once",
      "property/webhooks.test.ts > endpoints get events in order that add up to the current state *",
    ],
    [
      "If an event is undone before it could be sent, neither it nor the event that undid it is sent",
      "unit/webhook/webhooks.test.ts > A webhook > of a member that leaves before its join was sent is not made, and nothing is delayed",
      "unit/webhook/outbox.test.ts > Outbox > drops both when *",
    ],
  ]),
  subject("6.1", "Sockudo's dialect, `protocol=2`", [
    [
      "Frames are JSON; any other `format` closes with 4007",
      `${LACKING}a handshake is refused that asks for > another format*`,
    ],
    [
      "A `token` closes with 4009, since the server would not enforce its restrictions",
      `${LACKING}a handshake is refused that asks for > the rights of a token`,
    ],
    [
      "Parameters that concern mutable messages, which do not exist here, are accepted and have no effect",
      `${LACKING}a handshake is refused that asks for > nothing else: *`,
    ],
    [
      "A client gets its own client events, unless it connects with `echo_messages=false`",
      `${SOCKUDO}its own client event > *`,
    ],
    [
      "A subscription with `rewind`, `modes` or an expression is refused by name",
      `${LACKING}a subscription is refused that asks for > *`,
    ],
    [
      "A sign-in with `capabilities` is refused, since the server would not enforce them",
      `${LACKING}a sign-in with capabilities is refused, since they would restrict nothing`,
    ],
    [
      "A list of `events` beside the filter is applied",
      `${LACKING}a subscription is refused that asks for > none of it, and a list of events beside the filter holds`,
    ],
    [
      "Sockudo's clients for JavaScript and Python get whole messages until they enable deltas on their connection",
      `${SOCKUDO}a client of Sockudo, *, > *`,
    ],
    [
      "Other clients get deltas on a subscription that asks for them",
      `${SOCKUDO}any other client, *, gets deltas on a subscription that asks for them`,
    ],
  ]),
  subject("6.2", "What the libraries of Sockudo and Laravel add to requests", [
    [
      "A publish with an idempotency key that was used before gets the first answer and is not published again",
      `${KEY}of fifty requests at once lets one of each process publish, and all get its answer`,
      "unit/http/api.test.ts > an idempotency key > publishes once, and gives the first answer again whatever the repeat says",
    ],
    [
      "The key is in `idempotency_key` or `X-Idempotency-Key` and has 1 to 128 characters",
      `${KEY}may stand in the header, and is the app's for every channel and event`,
      `${KEY}is not empty and has at most 128 characters`,
    ],
    [
      "In a batch each event has its own key",
      `${KEY}of each event of a batch is heeded, as Sockudo's library sends it again`,
    ],
    [
      "A failed publish may be retried with the same key",
      `${KEY}is free again after a publish that failed`,
    ],
    [
      "`message_id`, and members of `extras` that would have to be delivered to subscribers, are refused by name with 400",
      `${LACKING}an event is refused that has > *`,
    ],
    [
      "A presence member whose `user_info` is `true`, as Laravel sends it, is accepted with a warning in the log",
      `${BARE}is let in, and *`,
      `${BARE}is warned of in the log, once by each process for its app`,
    ],
  ]),
];

function subject(
  number: string,
  title: string,
  rules: readonly (readonly [text: string, ...tests: string[]])[],
): Subject {
  return {
    number,
    title,
    rules: rules.map(([text, ...tests], index) => ({
      id: `${number}.${String.fromCharCode("a".charCodeAt(0) + index)}`,
      text,
      tests,
    })),
  };
}

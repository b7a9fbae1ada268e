// Endpoints that Pusher keeps for old libraries (HTTP API reference, "Deprecated").
import { type Awaitable, whenReady } from "../node/awaitable.ts";
import { publish } from "../node/publish.ts";
import { figuresOf } from "../node/query.ts";
import { isFault, REJECT } from "../protocol/faults.ts";
import { channelKind } from "../protocol/names.ts";
import { readEvent } from "../protocol/publication.ts";
import { ACCEPTED, type Answer, EMPTY } from "./answer.ts";
import { keyOf, once } from "./once.ts";
import { type ApiRequest, decodeText, parameter, readChannelName } from "./request.ts";

/** `POST /channels/NAME/events?name=E&socket_id=S`: the body is the event's data. */
export function postChannelEvents(request: ApiRequest): Awaitable<Answer> {
  const data = decodeText(request.body);
  if (data === null) return REJECT.bodyNotText();
  const event = readEvent(
    {
      channel: request.segments[1],
      name: parameter(request, "name") ?? undefined,
      socket_id: parameter(request, "socket_id"),
      data,
    },
    request.hub.app.limits,
  );
  if (isFault(event)) return event;
  const key = keyOf(request, "event", {}, request.idempotencyKey());
  if (isFault(key)) return key;
  const answer = once(request, key, () => {
    const fault = request.spend(1);
    if (fault !== null) return fault;
    return whenReady(publish(request.node, request.hub, event.publication), (refused) =>
      isFault(refused) ? refused : EMPTY,
    );
  });
  return whenReady(answer, (given) => (isFault(given) ? given : ACCEPTED));
}

/** `GET /channels/NAME/stats`. */
export function getStats(request: ApiRequest): Awaitable<Answer> {
  const name = readChannelName(request);
  if (isFault(name)) return name;
  return whenReady(figuresOf(request.node, request.hub, name, request.outcome), (figures) => {
    if (isFault(figures)) return figures;
    const { subscriptionCount, userCount } = figures;
    return JSON.stringify({
      occupied: subscriptionCount > 0,
      ...(channelKind(name).presence ? { user_count: userCount } : {}),
      connection_count: subscriptionCount,
    });
  });
}

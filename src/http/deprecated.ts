// Endpoints that Pusher keeps for old libraries (HTTP API reference, "Deprecated").
import { isFault, REJECT } from "../protocol/faults.ts";
import { channelKind } from "../protocol/names.ts";
import { readEvent } from "../protocol/publication.ts";
import { publishFromApi } from "../hub/publish.ts";
import { ACCEPTED, type Answer, EMPTY } from "./answer.ts";
import { keyOf, once } from "./once.ts";
import { type ApiRequest, decodeText, parameter, readChannelName } from "./request.ts";

/** `POST /channels/NAME/events?name=E&socket_id=S`: the body is the data itself. */
export function postChannelEvents(request: ApiRequest): Answer {
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
    publishFromApi(request.hub, event.publication);
    return EMPTY;
  });
  return isFault(answer) ? answer : ACCEPTED;
}

/** `GET /channels/NAME/stats`. */
export function getStats(request: ApiRequest): Answer {
  const name = readChannelName(request);
  if (isFault(name)) return name;
  const channel = request.hub.channels.get(name);
  return JSON.stringify({
    occupied: channel !== undefined,
    ...(channelKind(name).presence ? { user_count: channel?.presence?.userCount ?? 0 } : {}),
    connection_count: channel?.socketCount ?? 0,
  });
}

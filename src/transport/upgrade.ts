// A request to open a WebSocket: admission decides what its connection is.
import { isFault, REJECT } from "../protocol/faults.ts";
import type { Verdict } from "../session/admission.ts";
import { respond, sendAway, tooManyUnsigned } from "./answering.ts";
import { addressOf, clientOf } from "./client-address.ts";
import type { Answered, Entrance, RequestTarget, RuntimeServer } from "./entrance.ts";

/** Opens a WebSocket, or says why not. */
export function upgrade(
  { parts, carrier, openCount }: Entrance,
  request: Request,
  server: RuntimeServer,
  target: RequestTarget,
): Answered {
  const open = (data: Verdict): Response | undefined => {
    if (isFault(data)) return sendAway(parts, data);
    if (server.upgrade(request, { data })) return undefined;
    data.closed(1006);
    if (!parts.unsignedBudget.take(clientOf(parts, request, server))) return tooManyUnsigned(parts);
    return respond(parts, REJECT.badUpgrade(), request);
  };
  return parts.admission.admit(
    {
      ...target,
      carrier,
      origin: request.headers.get("origin"),
      address: addressOf(parts, request, server),
      openCount,
    },
    open,
  );
}

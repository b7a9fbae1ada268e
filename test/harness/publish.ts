// Publishing one event through the signed API, as an application does.
import { signRequest } from "./signing.ts";
import { httpUrl, type Target } from "./target.ts";

/** Publishes one event. @throws when the answer is not 200. */
export async function publish(
  target: Target,
  channel: string,
  event: string,
  data: string,
): Promise<void> {
  const body = JSON.stringify({ name: event, channel, data });
  const path = signRequest("POST", `/apps/${target.id}/events`, body);
  const response = await fetch(httpUrl(target, path), { method: "POST", body });
  const answer = await response.text();
  if (response.status !== 200)
    throw new Error(`Cannot publish "${event}": the answer is ${response.status} ${answer}`);
}

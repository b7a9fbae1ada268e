// Publishing through the signed API with what the server library has no words for: tags, `delta`,
// an excluded socket on one event of a batch.
import { signRequest } from "./signing.ts";
import { APP, httpUrl, type Target } from "./target.ts";

/** One event. */
export interface Publishing {
  readonly name: string;
  readonly channel: string;
  readonly data: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** False asks for a whole message. */
  readonly delta?: boolean;
  /** The socket that is left out. */
  readonly socket_id?: string;
}

/** What the API answers. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Events of one batch that an app takes unless it is configured otherwise. */
const MAX_BATCH_SIZE = 10;

/** Publishes one event. @throws when the answer is not 200. */
export async function publishEvent(target: Target, event: Publishing): Promise<void> {
  accepted(await post(target, "events", event));
}

/** Publishes the events in their order, in batches as large as they may be. @throws when an answer is not 200. */
export async function publishInBatches(
  target: Target,
  events: readonly Publishing[],
): Promise<void> {
  for (let at = 0; at < events.length; at += MAX_BATCH_SIZE)
    accepted(await post(target, "batch_events", { batch: events.slice(at, at + MAX_BATCH_SIZE) }));
}

/** Posts a body, whatever it says, to a resource of the app. */
export async function post(target: Target, resource: string, content: unknown): Promise<ApiAnswer> {
  const body = JSON.stringify(content);
  const url = httpUrl(target, signRequest("POST", `/apps/${APP.id}/${resource}`, body));
  const response = await fetch(url, { method: "POST", body });
  return { status: response.status, body: await response.text() };
}

function accepted({ status, body }: ApiAnswer): void {
  if (status !== 200) throw new Error(`Cannot publish: the answer is ${status} ${body}`);
}

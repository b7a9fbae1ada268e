// Requests of the server library that are meant to fail.
import PusherServer from "pusher";

/** What the server answered to a request that it refused. */
export interface Refusal {
  readonly status: number | undefined;
  readonly body: string | undefined;
}

/** The answer that the library rejected with. @throws when it did not reject, or without an answer. */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof PusherServer.RequestError) || error.status === undefined) throw error;
    return { status: error.status, body: error.body };
  }
  throw new Error("Cannot read the refusal of a request: it was answered with success");
}

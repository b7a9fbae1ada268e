// The Pusher server library, as applications use it.
import PusherServer from "pusher";
import type { Target } from "./target.ts";

/** The library for the app. `encryptionMasterKeyBase64`, of 32 bytes, is for encrypted channels. */
export function serverLibrary(target: Target, encryptionMasterKeyBase64?: string): PusherServer {
  return new PusherServer({
    appId: target.id,
    key: target.key,
    secret: target.secret,
    host: target.host,
    port: String(target.port),
    useTLS: false,
    ...(encryptionMasterKeyBase64 === undefined ? {} : { encryptionMasterKeyBase64 }),
  });
}

/** What the server answered to a request that it refused. */
export interface Refusal {
  readonly status: number | undefined;
  readonly body: string | undefined;
}

/** The answer that a request of the library was refused with. @throws when it succeeded, or had no answer. */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof PusherServer.RequestError) || error.status === undefined) throw error;
    return { status: error.status, body: error.body };
  }
  throw new Error("Cannot read the refusal of a request: it was answered with success");
}

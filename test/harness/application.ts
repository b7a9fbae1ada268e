// An application as its users write it: a web server that authorises its clients with the Pusher
// server library, serves their pages and publishes what they post, but not back to them.
// A bearer token is the user's id; nothing here checks who somebody is.
import type PusherServer from "pusher";
import { parseObject } from "./json.ts";
import { ROOT } from "./program.ts";
import type { Scope } from "./scope.ts";

/** A running application. */
export interface Application {
  readonly origin: string;
  /** Where pusher-js and Echo ask for the signature of a subscription. */
  readonly authEndpoint: string;
  /** Where they ask for the signature of a sign-in. */
  readonly userAuthEndpoint: string;
}

const PUSHER_JS = `${ROOT}/node_modules/pusher-js/dist/web`;

/** Starts an application that publishes and signs with `pusher`. */
export function startApplication(scope: Scope, pusher: PusherServer): Application {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    routes: {
      "/": Bun.file(`${import.meta.dir}/page.html`),
      "/pusher.js": Bun.file(`${PUSHER_JS}/pusher.min.js`),
      "/pusher-with-encryption.js": Bun.file(`${PUSHER_JS}/pusher-with-encryption.min.js`),
      "/pusher/auth": { POST: (request) => authorise(pusher, request) },
      "/pusher/user-auth": { POST: (request) => authenticate(pusher, request) },
      "/messages": { POST: (request) => publishToOthers(pusher, request) },
    },
    fetch: () => new Response("Not found\n", { status: 404 }),
  });
  scope.add(() => server.stop(true));
  const origin = `http://127.0.0.1:${server.port}`;
  return {
    origin,
    authEndpoint: `${origin}/pusher/auth`,
    userAuthEndpoint: `${origin}/pusher/user-auth`,
  };
}

/** How pusher-js asks the application for a signature. */
export interface Asking {
  readonly transport: "ajax";
  readonly endpoint: string;
  readonly headers: Record<string, string>;
  readonly params: Record<string, string>;
}

/** The `channelAuthorization` of pusher-js for a user. */
export function authorisedAs({ authEndpoint }: Application, userId: string): Asking {
  const headers = { Authorization: `Bearer ${userId}` };
  return { transport: "ajax", endpoint: authEndpoint, headers, params: {} };
}

/** The `userAuthentication` of pusher-js for a user, who watches others. */
export function authenticatedAs(
  { userAuthEndpoint }: Application,
  userId: string,
  watchlist: readonly string[] = [],
): Asking {
  const headers = { Authorization: `Bearer ${userId}` };
  const params = { watchlist: watchlist.join(",") };
  return { transport: "ajax", endpoint: userAuthEndpoint, headers, params };
}

function userOf(request: Request): string | null {
  return /^Bearer (\w+)$/.exec(request.headers.get("Authorization") ?? "")?.[1] ?? null;
}

async function authenticate(pusher: PusherServer, request: Request): Promise<Response> {
  const id = userOf(request);
  if (id === null) return new Response("Forbidden\n", { status: 403 });
  const form = new URLSearchParams(await request.text());
  const watchlist = (form.get("watchlist") ?? "").split(",").filter((watched) => watched !== "");
  const user = { id, user_info: { name: `Name of ${id}` }, watchlist };
  return Response.json(pusher.authenticateUser(form.get("socket_id") ?? "", user));
}

async function authorise(pusher: PusherServer, request: Request): Promise<Response> {
  const userId = userOf(request);
  if (userId === null) return new Response("Forbidden\n", { status: 403 });
  const form = new URLSearchParams(await request.text());
  const [socketId, channel] = [form.get("socket_id") ?? "", form.get("channel_name") ?? ""];
  const member = { user_id: userId, user_info: { name: `Name of ${userId}` } };
  const data = channel.startsWith("presence-") ? member : undefined;
  return Response.json(pusher.authorizeChannel(socketId, channel, data));
}

/** What Laravel's `toOthers()` does: the sender's socket, which Echo names in a header, is left out. */
async function publishToOthers(pusher: PusherServer, request: Request): Promise<Response> {
  const socketId = request.headers.get("X-Socket-ID");
  const { channel, event, data } = parseObject(await request.text());
  await pusher.trigger(
    String(channel),
    String(event),
    data,
    socketId === null ? {} : { socket_id: socketId },
  );
  return new Response(null, { status: 204 });
}

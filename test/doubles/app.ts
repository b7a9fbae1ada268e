// An app for tests, with the credentials of the protocol's published signature vectors.
import { NO_TAGS } from "../../src/filter/tags.ts";
import { type App, type AppLimits, DEFAULT_LIMITS } from "../../src/protocol/app.ts";
import type { Publication } from "../../src/protocol/publication.ts";

/** The key of the vectors. */
export const KEY = "278d425bdf160c739803";
/** The secret of the vectors. */
export const SECRET = "7ad3773142a6692b25b8";

/** An app with client events enabled. The given members replace the defaults. */
export function testApp(given: Partial<App> = {}, limits: Partial<AppLimits> = {}): App {
  return {
    id: "3",
    credentials: [{ key: KEY, secret: SECRET }],
    enabled: true,
    clientEvents: true,
    subscriptionCount: false,
    watchlist: false,
    authorisedConnections: false,
    replayProtection: false,
    allowedOrigins: [],
    webhooks: [],
    channelDelta: [],
    limits: { ...DEFAULT_LIMITS, ...limits },
    ...given,
  };
}

/** Members of a publication without user id or tags, which may be compressed. */
export const PLAIN: Pick<Publication, "userId" | "tags" | "compressible"> = {
  userId: null,
  tags: NO_TAGS,
  compressible: true,
};

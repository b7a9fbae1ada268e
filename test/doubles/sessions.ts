// What sessions share, for tests: generous limits, a clock that stands still, and steps that run at
// once.
import { AuthorisationQueue } from "../../src/session/authorisation.ts";
import { LivenessWheel } from "../../src/session/liveness.ts";
import { Mailboxes } from "../../src/session/mailboxes.ts";
import type { SessionContext } from "../../src/session/session.ts";
import { Steps } from "../../src/session/steps.ts";
import { type RateLimits, RateWindows } from "../../src/session/rate-windows.ts";

/** No limits. */
export const NO_RATES: RateLimits = {
  maxFrames: Infinity,
  maxBytes: Infinity,
  maxControlFrames: Infinity,
  maxSubscriptions: Infinity,
  maxReplyBytes: Infinity,
};

/** A session context. The given members replace the defaults. */
export function testSessions(
  given: Partial<SessionContext> & Pick<SessionContext, "node">,
): SessionContext {
  return {
    liveness: new LivenessWheel({ activityTicks: 120, pongTicks: 30 }),
    authorisation: new AuthorisationQueue(10),
    activityTimeoutSeconds: 120,
    rates: {
      maxFrames: 1000,
      maxBytes: 100_000,
      maxControlFrames: 10,
      maxSubscriptions: 3,
      maxReplyBytes: 2000,
    },
    windows: new RateWindows(),
    mailboxes: new Mailboxes({ maxBytes: 40_000, maxTotalBytes: 80_000 }),
    steps: new Steps({ nowMs: () => 0, later: (action) => action() }),
    checkLater: () => {},
    nowMs: () => 0,
    connectionEnded: () => {},
    ...given,
  };
}

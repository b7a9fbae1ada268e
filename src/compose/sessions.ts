// What all sessions of a node share, and who may connect.
import type { Config } from "../config/config.ts";
import type { Node } from "../node/node.ts";
import { Admission, type AdmissionLimits } from "../session/admission.ts";
import { AuthorisationQueue } from "../session/authorisation.ts";
import { LivenessWheel } from "../session/liveness.ts";
import { Mailboxes } from "../session/mailboxes.ts";
import type { SessionContext } from "../session/session.ts";
import type { LagSearch } from "../session/lag-search.ts";
import { socketIds } from "../session/socket-ids.ts";
import { Steps } from "../session/steps.ts";
import { RateWindows } from "../session/rate-windows.ts";
import { rateLimits } from "./bounds.ts";
import { clockMs, STEP_CLOCK } from "./clocks.ts";
import type { NodeCounts } from "./counts.ts";

/** The context of the node's sessions. */
export function sessionContext(
  config: Config,
  node: Node,
  limits: AdmissionLimits,
  search: LagSearch,
): SessionContext {
  return {
    node,
    liveness: new LivenessWheel({
      activityTicks: config.activityTimeoutSeconds,
      pongTicks: config.pongTimeoutSeconds,
    }),
    authorisation: new AuthorisationQueue(config.userAuthenticationTimeoutSeconds),
    activityTimeoutSeconds: config.activityTimeoutSeconds,
    rates: rateLimits(config),
    windows: new RateWindows(),
    mailboxes: new Mailboxes({
      maxBytes: config.maxWaitingBytes,
      maxTotalBytes: config.maxWaitingBytesPerNode,
    }),
    steps: new Steps(STEP_CLOCK),
    checkLater: (session) => search.checkLater(session),
    nowMs: clockMs,
    connectionEnded: (address, isClosing) => {
      if (address !== "") limits.addresses?.leave(address);
      if (isClosing) limits.closing.add();
    },
  };
}

/** What admission is made of. */
export interface AdmissionInputs {
  readonly node: Node;
  readonly sessions: SessionContext;
  readonly limits: AdmissionLimits;
  readonly counts: NodeCounts;
}

/** Decides who may connect. */
export function makeAdmission({ node, sessions, limits, counts }: AdmissionInputs): Admission {
  return new Admission({
    node,
    sessions,
    nextSocketId: socketIds((numbers) => crypto.getRandomValues(numbers)),
    limits,
    refused: (fault) => counts.refused(fault),
    limitHit: (limit) => counts.limitHit(limit),
  });
}

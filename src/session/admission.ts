// Who may connect. Every refusal is a connection too: clients understand it only as a close frame
// after the upgrade.
import type { Hub } from "../hub/hub.ts";
import type { App } from "../protocol/app.ts";
import { CLOSE, type Fault, isFault } from "../protocol/faults.ts";
import { claimedProtocol, readHandshake } from "../protocol/handshake.ts";
import { isAllowedOrigin } from "../protocol/origins.ts";
import { percentDecode } from "../protocol/query.ts";
import type { AddressLimiter } from "./addresses.ts";
import type { Connection } from "./connection.ts";
import type { TokenBucket } from "../protocol/token-bucket.ts";
import { RefusedConnection } from "./refused.ts";
import { Session, type SessionContext } from "./session.ts";

/** An upgrade request, as far as it counts. */
export interface UpgradeRequest {
  /** Raw, without the server's prefix. */
  readonly path: string;
  /** Raw. */
  readonly query: string;
  /** Which of the process's servers it came to. */
  readonly listener: number;
  /** What a browser says where its page comes from; null of other clients. */
  readonly origin: string | null;
  /** The client's address; asked for only when something is limited by it. */
  readonly address: () => string;
  /** Connections that are open now. */
  readonly openCount: number;
}

/** Limits of the node, off where they are `Infinity` or null. */
export interface AdmissionLimits {
  readonly capacity: number;
  readonly handshakes: TokenBucket | null;
  readonly addresses: AddressLimiter | null;
}

/** What admission works with. */
export interface AdmissionParts {
  readonly hub: Hub;
  readonly byKey: (key: string) => App | null | Promise<App | null>;
  readonly sessions: SessionContext;
  readonly nextSocketId: () => string;
  readonly limits: AdmissionLimits;
  /** Counts a refusal that belongs to no app. */
  readonly refused: (fault: Fault) => void;
}

/** Decides on upgrades. */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Set when the node is about to stop: everybody is sent elsewhere. */
  draining: boolean = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** The connection for the request: a session, or one that only says why not. */
  async admit(request: UpgradeRequest): Promise<Connection> {
    const refusal = await this.#judge(request);
    if (!isFault(refusal)) return refusal;
    return new RefusedConnection(refusal, claimedProtocol(request.query));
  }

  async #judge(request: UpgradeRequest): Promise<Connection | Fault> {
    const { hub, byKey, sessions, nextSocketId, limits } = this.#parts;
    if (this.draining) return CLOSE.shuttingDown();
    if (request.openCount >= limits.capacity) return this.#refuse(CLOSE.overCapacity());
    if (limits.handshakes?.take(sessions.nowMs()) === false)
      return this.#refuse(CLOSE.handshakeRate());
    const [, root, key, ...rest] = request.path.split("/");
    if (root !== "app" || key === undefined || key === "" || rest.length > 0)
      return CLOSE.unknownPath();
    const handshake = readHandshake(request.query);
    if (isFault(handshake)) return handshake;
    const app = await byKey(percentDecode(key));
    if (app === null) return CLOSE.unknownApp(percentDecode(key));
    if (!app.enabled) return CLOSE.disabledApp();
    const appHub = hub.of(app);
    const fault = this.#limit(request, app, appHub.connectionCount);
    if (fault !== null) {
      if (fault.limit !== undefined) appHub.counters.hit(fault.limit);
      return fault;
    }
    const address = limits.addresses === null ? "" : request.address();
    if (limits.addresses?.enter(address) === false) return this.#refuse(CLOSE.addressOverQuota());
    const { protocol } = handshake;
    const { listener } = request;
    return new Session(sessions, appHub, { id: nextSocketId(), protocol, listener, address });
  }

  #limit(request: UpgradeRequest, app: App, connectionCount: number): Fault | null {
    // Only browsers send an origin, and only they can be made to connect by a foreign page.
    if (request.origin !== null && !isAllowedOrigin(request.origin, app.allowedOrigins))
      return CLOSE.foreignOrigin();
    return connectionCount >= app.limits.maxConnections ? CLOSE.overQuota() : null;
  }

  #refuse(fault: Fault): Fault {
    this.#parts.refused(fault);
    return fault;
  }
}

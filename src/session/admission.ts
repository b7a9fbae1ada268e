// Who may connect. Every refusal is a connection too: clients understand it only as a close frame
// after the upgrade.
import type { Hub } from "../hub/hub.ts";
import type { App } from "../protocol/app.ts";
import { CLOSE, type Fault, isFault, type LimitName } from "../protocol/faults.ts";
import { claimedProtocol, type Handshake, readHandshake } from "../protocol/handshake.ts";
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
  /** Told of every refusal that no app has counted. */
  readonly refused: (fault: Fault) => void;
  /** Told of a limit of the node that was hit. */
  readonly limitHit: (limit: LimitName) => void;
}

/** Decides on upgrades. */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Set when the node is about to stop: everybody is sent elsewhere. */
  draining: boolean = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** The connection for the request: a session, or one that only says why not. A promise only where apps are looked up over a network. */
  admit(request: UpgradeRequest): Connection | Promise<Connection> {
    const early = this.#judgeNode(request);
    if (early !== null) return this.#refused(early, request);
    const [, root, key, ...rest] = request.path.split("/");
    if (root !== "app" || key === undefined || key === "" || rest.length > 0)
      return this.#refused(CLOSE.unknownPath(), request);
    const handshake = readHandshake(request.query);
    if (isFault(handshake)) return this.#refused(handshake, request);
    const name = percentDecode(key);
    const found = this.#parts.byKey(name);
    return found instanceof Promise
      ? found.then((app) => this.#enter(request, handshake, app, name))
      : this.#enter(request, handshake, found, name);
  }

  /** What is wrong with the node, whoever comes. */
  #judgeNode({ openCount }: UpgradeRequest): Fault | null {
    const { sessions, limits } = this.#parts;
    if (this.draining) return CLOSE.shuttingDown();
    if (openCount >= limits.capacity) return this.#hit(CLOSE.overCapacity());
    return limits.handshakes?.take(sessions.nowMs()) === false
      ? this.#hit(CLOSE.handshakeRate())
      : null;
  }

  #enter(
    request: UpgradeRequest,
    { protocol, traits }: Handshake,
    app: App | null,
    key: string,
  ): Connection {
    const { hub, sessions, nextSocketId, limits } = this.#parts;
    if (app === null) return this.#refused(CLOSE.unknownApp(key), request);
    if (!app.enabled) return this.#refused(CLOSE.disabledApp(), request);
    const appHub = hub.of(app);
    const fault = this.#limit(request, app, appHub.connectionCount);
    if (fault?.limit !== undefined) appHub.counters.hit(fault.limit);
    // The app has counted it.
    if (fault !== null) return new RefusedConnection(fault, protocol);
    const address = limits.addresses === null ? "" : request.address();
    // Who comes by a Unix socket and not through a proxy has none.
    if (address !== "" && limits.addresses?.enter(address) === false)
      return this.#refused(this.#hit(CLOSE.addressOverQuota()), request);
    const { listener } = request;
    return new Session(sessions, appHub, {
      id: nextSocketId(),
      protocol,
      traits,
      listener,
      address,
    });
  }

  #limit(request: UpgradeRequest, app: App, connectionCount: number): Fault | null {
    // Only browsers send an origin, and only they can be made to connect by a foreign page.
    if (request.origin !== null && !isAllowedOrigin(request.origin, app.allowedOrigins))
      return CLOSE.foreignOrigin();
    return connectionCount >= app.limits.maxConnections ? CLOSE.overQuota() : null;
  }

  /** Notes a limit of the node. */
  #hit(fault: Fault): Fault {
    if (fault.limit !== undefined) this.#parts.limitHit(fault.limit);
    return fault;
  }

  #refused(fault: Fault, { query }: UpgradeRequest): Connection {
    // A limit has been counted as such.
    if (fault.limit === undefined) this.#parts.refused(fault);
    return new RefusedConnection(fault, claimedProtocol(query));
  }
}

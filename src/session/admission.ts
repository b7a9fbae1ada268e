// Who may connect. The address is judged first, then the node, then what is asked for. Every refusal is a connection
// too: clients understand it only as a close frame after the upgrade. It counts for its address as any other, and
// takes nothing of what the node gives to those whom it lets in.
import type { Hub } from "../hub/hub.ts";
import type { Carrier } from "../hub/ports.ts";
import type { App } from "../protocol/app.ts";
import { CLOSE, type Fault, isFault, type LimitName } from "../protocol/faults.ts";
import { claimedProtocol, type Handshake, readHandshake } from "../protocol/handshake.ts";
import { isAllowedOrigin } from "../protocol/origins.ts";
import { excessOf, percentDecode } from "../protocol/query.ts";
import { addressKey } from "./address-book.ts";
import type { AddressLimiter } from "./addresses.ts";
import type { Connection } from "./connection.ts";
import type { HandshakeLimit } from "./handshakes.ts";
import type { RecentCount } from "./recent-count.ts";
import type { RefusalAllowance } from "./refusals.ts";
import { RefusedConnection } from "./refused.ts";
import { Session, type SessionContext } from "./session.ts";

/** An upgrade request, as far as it counts. */
export interface UpgradeRequest {
  /** Raw, without the server's prefix. */
  readonly path: string;
  /** Raw. */
  readonly query: string;
  /** What the client comes by. */
  readonly carrier: Carrier;
  /** What a browser says where its page comes from; null of other clients. */
  readonly origin: string | null;
  /** The client's address; empty of one who comes by a Unix socket and no proxy. */
  readonly address: string;
  /** Connections that are open now. */
  readonly openCount: number;
}

/** Limits of the node, off where they are `Infinity` or null. */
export interface AdmissionLimits {
  readonly capacity: number;
  /** Connections for which there are descriptors. */
  readonly descriptors: number;
  /** Sessions that were closed, whose clients may not have answered yet: they have their descriptors still. */
  readonly closing: RecentCount;
  readonly refusals: RefusalAllowance;
  /** Of those that are let in. */
  readonly handshakes: HandshakeLimit | null;
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

/** What becomes of an upgrade: a connection, or the answer to the request. */
export type Verdict = Connection | Fault;

/** Decides on upgrades. */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Set when the node is about to stop: everybody is sent elsewhere. */
  draining: boolean = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** The connection for the request: a session, or one that only says why not; a fault when not even that may be said. A promise only where apps are looked up over a network. */
  admit(request: UpgradeRequest): Verdict | Promise<Verdict> {
    const arrival = { ...request, address: addressKey(request.address) };
    const early = this.#judgeAddress(arrival) ?? this.#judgeNode(arrival);
    if (early !== null) return this.#refuse(early, arrival);
    const excess = excessOf(request.path, request.query);
    if (excess !== null) return this.#refuse(CLOSE.excessiveTarget(excess), arrival);
    const [, root, key, ...rest] = request.path.split("/");
    if (root !== "app" || key === undefined || key === "" || rest.length > 0)
      return this.#refuse(CLOSE.unknownPath(), arrival);
    const handshake = readHandshake(request.query);
    if (isFault(handshake)) return this.#refuse(handshake, arrival);
    const name = percentDecode(key);
    const found = this.#parts.byKey(name);
    if (!(found instanceof Promise)) return this.#enter(arrival, handshake, found, name);
    return found.then(
      (app) => this.#enter(arrival, handshake, app, name),
      (error: unknown) => {
        this.#leave(arrival);
        throw error;
      },
    );
  }

  /** Counts it for its address, until `departed`. */
  #judgeAddress({ address }: UpgradeRequest): Fault | null {
    const { addresses } = this.#parts.limits;
    if (address === "" || addresses === null || addresses.enter(address)) return null;
    return CLOSE.addressOverQuota();
  }

  /** What is wrong with the node, whoever comes. */
  #judgeNode({ openCount }: UpgradeRequest): Fault | null {
    const { capacity, descriptors, closing } = this.#parts.limits;
    if (this.draining) return CLOSE.shuttingDown();
    return openCount >= capacity || openCount + closing.count >= descriptors
      ? CLOSE.overCapacity()
      : null;
  }

  #enter(
    request: UpgradeRequest,
    { protocol, traits }: Handshake,
    app: App | null,
    key: string,
  ): Verdict {
    const { hub, sessions, nextSocketId, limits } = this.#parts;
    if (app === null) return this.#refuse(CLOSE.unknownApp(key), request);
    if (!app.enabled) return this.#refuse(CLOSE.disabledApp(), request);
    const appHub = hub.of(app);
    const fault = this.#limit(request, app, appHub.connectionCount);
    if (fault?.limit !== undefined) appHub.counters.hit(fault.limit);
    // The app has counted it.
    if (fault !== null) return this.#tell(fault, request);
    // Last, so that only those use it up who are let in.
    if (limits.handshakes?.take(request.address) === false)
      return this.#refuse(CLOSE.handshakeRate(), request);
    const { carrier } = request;
    // Kept for as long as the connection lives only where somebody counts by it.
    const address = limits.addresses === null ? "" : request.address;
    return new Session(sessions, appHub, {
      id: nextSocketId(),
      protocol,
      traits,
      carrier,
      address,
    });
  }

  #limit(request: UpgradeRequest, app: App, connectionCount: number): Fault | null {
    // Only browsers send an origin, and only they can be made to connect by a foreign page.
    if (request.origin !== null && !isAllowedOrigin(request.origin, app.allowedOrigins))
      return CLOSE.foreignOrigin();
    return connectionCount >= app.limits.maxConnections ? CLOSE.overQuota() : null;
  }

  /** Notes why, and refuses. */
  #refuse(fault: Fault, request: UpgradeRequest): Verdict {
    if (fault.limit === undefined) this.#parts.refused(fault);
    else this.#parts.limitHit(fault.limit);
    return this.#tell(fault, request);
  }

  #tell(fault: Fault, request: UpgradeRequest): Verdict {
    const excess = this.#parts.limits.refusals.take(request.address);
    if (excess === null)
      return new RefusedConnection(fault, claimedProtocol(request.query), () =>
        this.#leave(request),
      );
    this.#leave(request);
    return excess;
  }

  #leave({ address }: UpgradeRequest): void {
    if (address !== "") this.#parts.limits.addresses?.leave(address);
  }
}

// Decides who may connect. The address is checked first, then the node, then the request. A refused
// client gets a connection too, because clients understand a refusal only as a close frame after
// the upgrade. That connection counts towards its address like any other, but uses up none of the
// node's limits for admitted clients.
import type { AppHub } from "../hub/app-hub.ts";
import type { Carrier } from "../hub/ports.ts";
import type { Awaitable } from "../node/awaitable.ts";
import type { Node } from "../node/node.ts";
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

/** The parts of an upgrade request that matter here. */
export interface UpgradeRequest {
  /** As received, without the server's prefix. */
  readonly path: string;
  /** As received. */
  readonly query: string;
  /** What the client connects through. */
  readonly carrier: Carrier;
  /** The origin of the page, as stated by a browser; null for other clients. */
  readonly origin: string | null;
  /** The client's address. Empty for a client that comes through a Unix socket without a proxy. */
  readonly address: string;
  /** The number of connections that are open now. */
  readonly openCount: () => number;
}

/** Limits of the node. They are off where they are `Infinity` or null. */
export interface AdmissionLimits {
  readonly capacity: number;
  /** The number of connections for which there are file descriptors. */
  readonly descriptors: number;
  /**
   * Sessions that were closed lately. Their clients may not have answered the close frame yet, so they may still use
   * a descriptor.
   */
  readonly closing: RecentCount;
  readonly refusals: RefusalAllowance;
  /** Counts admitted clients only. */
  readonly handshakes: HandshakeLimit | null;
  readonly addresses: AddressLimiter | null;
}

/** What admission works with. */
export interface AdmissionParts {
  readonly node: Node;
  readonly sessions: SessionContext;
  readonly nextSocketId: () => string;
  readonly limits: AdmissionLimits;
  /** Called on every refusal that no app counts. */
  readonly refused: (fault: Fault) => void;
  /** Called when a limit of the node is hit. */
  readonly limitHit: (limit: LimitName) => void;
}

/** The result for an upgrade: a connection, or the fault to answer the request with. */
export type Verdict = Connection | Fault;

/** Decides on upgrade requests. */
export class Admission {
  readonly #parts: AdmissionParts;
  /** The number of connections whose app is being looked up. */
  #waitingCount = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * Decides on the request, passes the verdict to `open` and returns what `open` returns. The verdict is a session, a
   * connection that only delivers the refusal, or a fault if not even that is allowed. Deciding and opening are one
   * step, so nothing that the decision depends on can change before the connection is counted. Returns a promise only
   * if the app has to be waited for; it never rejects.
   */
  admit<Opened>(request: UpgradeRequest, open: (verdict: Verdict) => Opened): Awaitable<Opened> {
    const arrival = { ...request, address: addressKey(request.address) };
    const early = this.#judgeAddress(arrival) ?? this.#judgeNode(arrival);
    if (early !== null) return open(this.#refuse(early, arrival));
    const asked = readTarget(request);
    if (isFault(asked)) return open(this.#refuse(asked, arrival));
    const found = this.#parts.node.apps.forClient(asked.key);
    if (!(found instanceof Promise)) return open(this.#enter(arrival, asked, found));
    return this.#lookUp(found).then((late) => open(this.#enterLate(arrival, asked, late)));
  }

  /** Waits for the app. A waiting connection uses a file descriptor, so it counts towards the capacity. */
  async #lookUp(found: Promise<AppHub | Fault | null>): Promise<AppHub | null | Fault> {
    this.#waitingCount++;
    try {
      return await found;
    } catch (error) {
      this.#parts.node.report(error);
      return CLOSE.appNotFound();
    } finally {
      this.#waitingCount--;
    }
  }

  /** Checks the node again: it may be full or draining by now. */
  #enterLate(arrival: UpgradeRequest, asked: Target, late: AppHub | null | Fault): Verdict {
    const fault = this.#judgeNode(arrival);
    return fault === null ? this.#enter(arrival, asked, late) : this.#refuse(fault, arrival);
  }

  /** Counts the connection for its address until it ends. */
  #judgeAddress({ address }: UpgradeRequest): Fault | null {
    const { addresses } = this.#parts.limits;
    if (address === "" || addresses === null || addresses.enter(address)) return null;
    return CLOSE.addressOverQuota();
  }

  /** Why the node can accept no connection at all, or null. */
  #judgeNode({ openCount }: UpgradeRequest): Fault | null {
    const { node, limits } = this.#parts;
    const { capacity, descriptors, closing } = limits;
    if (node.draining) return CLOSE.shuttingDown();
    const count = openCount() + this.#waitingCount;
    return count >= capacity || count + closing.count >= descriptors ? CLOSE.overCapacity() : null;
  }

  #enter(request: UpgradeRequest, { key, handshake }: Target, hub: AppHub | Fault | null): Verdict {
    const { sessions, nextSocketId, limits } = this.#parts;
    if (isFault(hub)) return this.#refuse(hub, request);
    if (hub === null) return this.#refuse(CLOSE.unknownApp(key), request);
    if (!hub.app.enabled) return this.#refuse(CLOSE.disabledApp(), request);
    const fault = this.#limit(request, hub);
    if (fault?.limit !== undefined) hub.counters.hit(fault.limit);
    // Only this: the app has counted the refusal already.
    if (fault !== null) return this.#tell(fault, request);
    // Checked last, so that only admitted clients use it up.
    if (limits.handshakes?.take(request.address) === false)
      return this.#refuse(CLOSE.handshakeRate(), request);
    const { carrier } = request;
    // The session keeps the address for its whole life, so pass it on only if connections are counted by
    // address.
    const address = limits.addresses === null ? "" : request.address;
    return new Session(sessions, hub, {
      id: nextSocketId(),
      ...handshake,
      carrier,
      address,
    });
  }

  #limit(request: UpgradeRequest, { app, isFull }: AppHub): Fault | null {
    // Only browsers send an origin, and only a browser can be made to connect by a foreign page.
    if (request.origin !== null && !isAllowedOrigin(request.origin, app.allowedOrigins))
      return CLOSE.foreignOrigin();
    return isFull ? CLOSE.overQuota() : null;
  }

  /** Counts the refusal and refuses. */
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

/** What a client asks for. */
interface Target {
  readonly key: string;
  readonly handshake: Handshake;
}

function readTarget({ path, query }: UpgradeRequest): Target | Fault {
  const excess = excessOf(path, query);
  if (excess !== null) return CLOSE.excessiveTarget(excess);
  const [, root, key, ...rest] = path.split("/");
  if (root !== "app" || key === undefined || key === "" || rest.length > 0)
    return CLOSE.unknownPath();
  const handshake = readHandshake(query);
  return isFault(handshake) ? handshake : { key: percentDecode(key), handshake };
}

// Who may connect. The address is judged first, then the node, then what is asked for. Every refusal is a connection
// too: clients understand it only as a close frame after the upgrade. It counts for its address as any other, and
// takes nothing of what the node gives to those whom it lets in.
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
  /** Connections that are open at the moment. */
  readonly openCount: () => number;
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
  readonly node: Node;
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
  /** Connections whose app is being looked up. */
  #waitingCount = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * Decides on the request and hands the verdict to `open`, whose result it returns: a session, a connection that only
   * says why not, or a fault when not even that may be said. Both happen in one step, so that nothing that the decision
   * rests on changes before the connection counts. A promise only where the app has to be waited for; never rejected.
   */
  admit<Opened>(request: UpgradeRequest, open: (verdict: Verdict) => Opened): Awaitable<Opened> {
    const arrival = { ...request, address: addressKey(request.address) };
    const early = this.#judgeAddress(arrival) ?? this.#judgeNode(arrival);
    if (early !== null) return open(this.#refuse(early, arrival));
    const asked = readTarget(request);
    if (isFault(asked)) return open(this.#refuse(asked, arrival));
    const found = this.#parts.node.apps.byKey(asked.key);
    if (!(found instanceof Promise)) return open(this.#enter(arrival, asked, found));
    return this.#lookUp(found).then((late) => open(this.#enterLate(arrival, asked, late)));
  }

  /** Waits for the app. Connections that wait have descriptors, and so they count for the capacity. */
  async #lookUp(found: Promise<AppHub | null>): Promise<AppHub | null | Fault> {
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

  /** Looks at the node again, which may be full or draining by now. */
  #enterLate(arrival: UpgradeRequest, asked: Target, late: AppHub | null | Fault): Verdict {
    if (isFault(late)) return this.#refuse(late, arrival);
    const fault = this.#judgeNode(arrival);
    return fault === null ? this.#enter(arrival, asked, late) : this.#refuse(fault, arrival);
  }

  /** Counts it for its address, until `departed`. */
  #judgeAddress({ address }: UpgradeRequest): Fault | null {
    const { addresses } = this.#parts.limits;
    if (address === "" || addresses === null || addresses.enter(address)) return null;
    return CLOSE.addressOverQuota();
  }

  /** What is wrong with the node, whoever comes. */
  #judgeNode({ openCount }: UpgradeRequest): Fault | null {
    const { node, limits } = this.#parts;
    const { capacity, descriptors, closing } = limits;
    if (node.draining) return CLOSE.shuttingDown();
    const count = openCount() + this.#waitingCount;
    return count >= capacity || count + closing.count >= descriptors ? CLOSE.overCapacity() : null;
  }

  #enter(request: UpgradeRequest, { key, handshake }: Target, hub: AppHub | null): Verdict {
    const { sessions, nextSocketId, limits } = this.#parts;
    if (hub === null) return this.#refuse(CLOSE.unknownApp(key), request);
    if (!hub.app.enabled) return this.#refuse(CLOSE.disabledApp(), request);
    const fault = this.#limit(request, hub);
    if (fault?.limit !== undefined) hub.counters.hit(fault.limit);
    // The app has counted it.
    if (fault !== null) return this.#tell(fault, request);
    // Last, so that only those use it up who are let in.
    if (limits.handshakes?.take(request.address) === false)
      return this.#refuse(CLOSE.handshakeRate(), request);
    const { carrier } = request;
    // Kept for as long as the connection lives only where somebody counts by it.
    const address = limits.addresses === null ? "" : request.address;
    return new Session(sessions, hub, {
      id: nextSocketId(),
      ...handshake,
      carrier,
      address,
    });
  }

  #limit(request: UpgradeRequest, { app, connectionCount }: AppHub): Fault | null {
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

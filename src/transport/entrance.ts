// What a request meets: the parts of the node that answer it, and the listener by which it came.
import type { Server } from "bun";
import type { Carrier } from "../hub/ports.ts";
import type { Cors } from "../http/cors.ts";
import type { HealthContext } from "../http/health.ts";
import type { ApiContext } from "../http/pipeline.ts";
import type { Fault, LimitName } from "../protocol/faults.ts";
import type { AddressRate, TrustedProxies } from "../session/addresses.ts";
import type { Admission } from "../session/admission.ts";
import type { Connection } from "../session/connection.ts";
import type { UnsignedBudget } from "../session/unsigned-budget.ts";

/** The runtime's server, whose WebSockets carry our connections. */
export type RuntimeServer = Server<Connection>;

/** What the server works with. */
export interface ServerParts {
  readonly api: ApiContext;
  readonly health: HealthContext;
  readonly admission: Admission;
  readonly cors: Cors;
  readonly proxies: TrustedProxies;
  /** Requests of the API by client address, or null when they are not limited. */
  readonly apiRate: AddressRate | null;
  /** For unsigned requests. */
  readonly unsignedBudget: UnsignedBudget;
  /** Gives a refused request an id, under which the refusal is logged. */
  readonly requestId: (fault: Fault) => string;
  /** Told of a limit of the node that was hit. */
  readonly limitHit: (limit: LimitName) => void;
  /** Files that browsers load, by path without prefix; null for a path without a file. */
  readonly assets: (path: string) => Response | null;
  /** Told of errors that no handler caught: a bug in this program, or a request that broke off. */
  readonly report: (error: unknown) => void;
}

/** How requests of one listener are answered. */
export interface Entrance {
  readonly parts: ServerParts;
  /** The listener. */
  readonly carrier: Carrier;
  /** Comes before every path, for example `/realtime`; empty for none. */
  readonly pathPrefix: string;
  /** Open connections of the whole process. */
  readonly openCount: () => number;
}

/** A raw path and query, as they were received: signatures cover them unchanged. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Undefined when a WebSocket was opened. */
export type Answered = Response | undefined | Promise<Response | undefined>;

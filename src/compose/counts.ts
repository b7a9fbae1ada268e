// What a node counts and logs where no app can count it.
import { randomBytes } from "node:crypto";
import type { Log } from "../log/log.ts";
import type { App } from "../protocol/app.ts";
import type { Fault, LimitName } from "../protocol/faults.ts";
import { LENIENCIES, type Leniency } from "../protocol/leniency.ts";

/** Counters of a node for its metrics. */
export class NodeCounts {
  /** Refused connections, by close code. */
  readonly refusals: Map<number, number> = new Map();
  /** Limits that were hit. */
  readonly limits: Map<LimitName, number> = new Map();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** A connection was refused that counts for no app. */
  refused({ code }: Fault): void {
    this.refusals.set(code ?? 0, (this.refusals.get(code ?? 0) ?? 0) + 1);
  }

  /** A limit of the node was hit. */
  limitHit(limit: LimitName): void {
    this.limits.set(limit, (this.limits.get(limit) ?? 0) + 1);
    this.#log.once(limit, "limit hit", { limit });
  }
}

/** Logs what was let in although Pusher refuses it: once for each app and reason, since the application's code is the cause. */
export function lenientLog(log: Log): (app: App, reason: Leniency) => void {
  const told = new Set<string>();
  return ({ id }, reason) => {
    const key = `${id} ${reason}`;
    if (told.has(key)) return;
    told.add(key);
    log.warn("let in what Pusher refuses", { app: id, reason: LENIENCIES[reason] });
  };
}

/** Logs refused requests and gives each an id. */
export function refusalLog(log: Log): (fault: Fault) => string {
  return ({ status, message }) => {
    const requestId = randomBytes(8).toString("hex");
    // The text that should have been signed contains the request's parameters.
    const reason = message.replace(/: you should have sent [^]*/, "");
    log.debug("request refused", { request_id: requestId, status, reason });
    return requestId;
  };
}

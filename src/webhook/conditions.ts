// Tracks whether each endpoint works, so that the operator hears of every change exactly once.
import type { Clock } from "../queue/clock.ts";
import { publicUrl } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";

/** `failing`: attempts get no answer or a wrong one. `refused`: requests to its address are not allowed. */
export type Condition = "working" | "failing" | "refused";

/** A change of an endpoint's condition. An endpoint counts as working until its first attempt. */
export interface ConditionChange {
  readonly condition: Condition;
  readonly appId: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** Why it fails or is refused; null when it works. */
  readonly reason: string | null;
  /** How long the former condition lasted; null for an endpoint that had worked from the beginning. */
  readonly afterMs: number | null;
}

interface Trouble {
  readonly condition: Condition;
  readonly sinceMs: number;
}

/** The conditions of all endpoints. */
export class Conditions {
  readonly #clock: Clock;
  readonly #changed: (change: ConditionChange) => void;
  /** Endpoints that do not work, by route id. */
  readonly #troubles: Map<string, Trouble> = new Map();

  constructor(clock: Clock, changed: (change: ConditionChange) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Records the condition that an attempt has shown. */
  note({ routeId, appId, url }: Delivery, condition: Condition, reason: string | null): void {
    const before = this.#troubles.get(routeId);
    if ((before?.condition ?? "working") === condition) return;
    const nowMs = this.#clock.elapsedMs();
    if (condition === "working") this.#troubles.delete(routeId);
    else this.#troubles.set(routeId, { condition, sinceMs: nowMs });
    const afterMs = before === undefined ? null : Math.round(nowMs - before.sinceMs);
    this.#changed({ condition, appId, url: publicUrl(url), reason, afterMs });
  }
}

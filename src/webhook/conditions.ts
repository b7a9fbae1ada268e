// Whether each endpoint works, so that its operator hears of a change, and of each change once.
import type { Clock } from "../queue/clock.ts";
import { publicUrl } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";

/** `failing` does not answer as it should; `refused` is one that we must not ask. */
export type Condition = "working" | "failing" | "refused";

/** An endpoint is not any more as it was. One that has never been asked was working. */
export interface ConditionChange {
  readonly condition: Condition;
  readonly appId: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** Why it fails or is refused; null when it works. */
  readonly reason: string | null;
  /** How long it was as it was before; null when that was from the beginning. */
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
  /** Of those that do not work. No more than there are endpoints. */
  readonly #troubles: Map<string, Trouble> = new Map();

  constructor(clock: Clock, changed: (change: ConditionChange) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Takes how an attempt ended. */
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

// A hub over test doubles, with a clock that the test moves and the facts that it noted.
import type { Fact } from "../../src/hub/facts.ts";
import { Hub } from "../../src/hub/hub.ts";
import { TestNetwork } from "./network.ts";

/** A hub and what stands around it. */
export interface TestHub {
  readonly network: TestNetwork;
  readonly hub: Hub;
  readonly facts: Fact[];
  readonly clock: { nowMs: number };
}

/** Makes one at time 0, with cached events that last a minute. */
export function testHub(): TestHub {
  const network = new TestNetwork();
  const facts: Fact[] = [];
  const clock = { nowMs: 0 };
  const hub = new Hub({
    sink: network,
    facts: { note: (_app, fact) => void facts.push(fact) },
    limitHit: () => {},
    nowMs: () => clock.nowMs,
    cache: { ttlMs: 60_000, maxEntries: 3 },
  });
  return { network, hub, facts, clock };
}

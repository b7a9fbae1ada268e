// A hub over test doubles, with a clock that the test moves and the facts that it noted.
import { FossilEncoder } from "../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../src/delta/vcdiff.ts";
import type { DeltaOptions } from "../../src/hub/delta-options.ts";
import type { Fact } from "../../src/hub/facts.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { Leniency } from "../../src/protocol/leniency.ts";
import { TestNetwork } from "./network.ts";

/** The server's settings, with small bounds. */
export const TEST_DELTA: DeltaOptions = {
  enabled: true,
  algorithm: "fossil",
  fullMessageInterval: 10,
  minMessageBytes: 0,
  maxStateAgeMs: 300_000,
  maxKeysPerChannel: 5,
  maxChannelsPerConnection: 100,
  conflationKeyPath: "",
  maxSyncBytes: 4096,
  omitAlgorithm: false,
  deliverTags: false,
  filtersEnabled: true,
};

/** A hub and what stands around it. */
export interface TestHub {
  readonly network: TestNetwork;
  readonly hub: Hub;
  readonly facts: Fact[];
  readonly leniencies: Leniency[];
  readonly clock: { nowMs: number };
}

/** Makes one at time 0, with cached events that last a minute. */
export function testHub(delta: Partial<DeltaOptions> = {}): TestHub {
  const network = new TestNetwork();
  const facts: Fact[] = [];
  const leniencies: Leniency[] = [];
  const clock = { nowMs: 0 };
  const hub = new Hub({
    sink: network,
    facts: { note: (_app, fact) => void facts.push(fact) },
    limitHit: () => {},
    lenient: (_app, reason) => void leniencies.push(reason),
    nowMs: () => clock.nowMs,
    cache: { ttlMs: 60_000, maxEntries: 3 },
    delta: {
      options: { ...TEST_DELTA, ...delta },
      encoders: { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() },
    },
  });
  return { network, hub, facts, leniencies, clock };
}

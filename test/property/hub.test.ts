// Random operations on one node, which in half of the runs has a cluster that the test plays: clients
// subscribe with every kind of delta request and filter, lose bases, lag, disconnect and reconnect, while
// an application publishes, channels open late or never, and users come and go elsewhere. The model computes what each client must get.
// Each client decodes frames like a real one, and must have received exactly that.
// 300 runs with a fixed seed; FANWIRE_NIGHTLY=1 makes it 10,000 with a new seed. FANWIRE_SEED sets the
// seed, FANWIRE_RUNS the number of runs.
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { DeltaOptions } from "../../src/hub/delta/options.ts";
import { JSON_V1, JSON_V2 } from "../../src/protocol/json-codec.ts";
import { BYTES_V1, BYTES_V2 } from "../doubles/byte-codec.ts";
import { TEST_DELTA } from "../doubles/hub.ts";
import { Expectations } from "./model/expectations.ts";
import { finish } from "./model/finish.ts";
import { deltaRequests, filters } from "./model/messages.ts";
import { runs } from "./model/operations.ts";
import { OPEN_APP, Rig, type Setting } from "./model/rig.ts";
import { Tally } from "./model/tally.ts";

const NIGHTLY = process.env["FANWIRE_NIGHTLY"] === "1";
const RUNS = Number(process.env["FANWIRE_RUNS"] ?? (NIGHTLY ? 10_000 : 300));
const SEED = process.env["FANWIRE_SEED"];

const CODECS = [JSON_V1, JSON_V2, JSON_V1, BYTES_V1, JSON_V2, JSON_V1, BYTES_V2];
const DIALECTS = CODECS.map(({ dialect }) => dialect);

const HAPPENINGS = [
  "unmarked message",
  "message with markers",
  "fossil delta",
  "unnamed delta",
  "xdelta3 delta",
  "compact delta",
  "delta to a far base",
  "state",
  "empty state",
  "socket that was synced",
  "message left out for a newer one",
  "message in bytes",
  "message in bytes to a lagging client",
  "several wait for a channel that opens",
  "one waits for a channel that cannot be opened",
  "publication that arrived during an opening",
  "channel that is opened anew while a connection waits",
  "answer for which no connection waits",
  "question that is overdue",
  "disconnect during a pending subscription",
  "subscribe behind a pending subscription",
  "unsubscribe behind a pending subscription",
  "clientEvent behind a pending subscription",
  "ping behind a pending subscription",
  "change elsewhere on a channel with subscribers",
  "change elsewhere on a channel without subscribers",
  "complete elsewhere on a channel with subscribers",
  "incomplete elsewhere on a channel with subscribers",
  "user who goes online elsewhere",
  "user who goes offline elsewhere",
  "closed with 4003",
  "closed with 4100",
  "closed with 4200",
];

const options: fc.Arbitrary<DeltaOptions> = fc.record({
  enabled: fc.constant(true),
  algorithm: fc.constantFrom("fossil", "xdelta3"),
  fullMessageInterval: fc.constantFrom(1, 5, 100),
  minMessageBytes: fc.constantFrom(0, 150),
  maxStateAgeMs: fc.constant(10_000),
  maxKeysPerChannel: fc.constantFrom(1, 3, 100),
  maxChannelsPerConnection: fc.constantFrom(1, 100),
  conflationKeyPath: fc.constant(""),
  maxSyncBytes: fc.constantFrom(0, 500, 100_000),
  omitAlgorithm: fc.boolean(),
  deliverTags: fc.constant(false),
  filtersEnabled: fc.constant(true),
  filters: fc.constant(TEST_DELTA.filters),
});

const setting: fc.Arbitrary<Setting> = fc.record({
  options,
  hasCluster: fc.boolean(),
  deltaRequests: fc.array(deltaRequests, { minLength: 1, maxLength: 3 }),
  filters: fc.array(filters, { minLength: 1, maxLength: 3 }),
});

test(
  "every client gets exactly what it subscribed to",
  async () => {
    const tally = new Tally();
    const property = fc.asyncProperty(setting, runs(CODECS.length), async (given, run) => {
      const model = new Expectations(DIALECTS, {
        hasCluster: given.hasCluster,
        app: OPEN_APP,
        tally,
      });
      const real = new Rig(CODECS, given, tally);
      await fc.asyncModelRun(() => ({ model, real }), run);
      await finish(model, real);
    });
    await fc.assert(property, {
      numRuns: RUNS,
      includeErrorInReport: true,
      ...(NIGHTLY ? {} : { seed: 20_261_122 }),
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    });
    // A run in which any of these never happens proves nothing.
    expect(HAPPENINGS.filter((name) => tally.of(name) === 0)).toEqual([]);
  },
  NIGHTLY ? 3_600_000 : 60_000,
);

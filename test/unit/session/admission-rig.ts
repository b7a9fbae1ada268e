// Admission over a test hub, with limits that the test sets.
import type { Apps } from "../../../src/apps/apps.ts";
import { memoryApps } from "../../../src/apps/memory.ts";
import type { Carrier } from "../../../src/hub/ports.ts";
import type { Node } from "../../../src/node/node.ts";
import type { App } from "../../../src/protocol/app.ts";
import { type Fault, isFault, type LimitName } from "../../../src/protocol/faults.ts";
import type { AddressLimiter } from "../../../src/session/addresses.ts";
import {
  Admission,
  type AdmissionLimits,
  type UpgradeRequest,
  type Verdict,
} from "../../../src/session/admission.ts";
import type { Connection } from "../../../src/session/connection.ts";
import { Mailboxes } from "../../../src/session/mailboxes.ts";
import { RecentCount } from "../../../src/session/recent-count.ts";
import { RefusalAllowance } from "../../../src/session/refusals.ts";
import type { SessionContext } from "../../../src/session/session.ts";
import { KEY, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub } from "../../doubles/hub.ts";
import { testNode } from "../../doubles/node.ts";
import { testSessions } from "../../doubles/sessions.ts";
import { TestTransport } from "../../doubles/transport.ts";

/** The outcome of an upgrade, and what was reported meanwhile. */
export interface Admitted extends Noted {
  readonly verdict: Verdict;
}

/** What was reported at an admission. */
interface Noted {
  readonly refused: readonly Fault[];
  /** Limits of the node that were hit. */
  readonly limitHits: readonly LimitName[];
}

/** A connection, and what was reported at its admission. */
export class AdmittedTransport extends TestTransport {
  readonly refused: readonly Fault[];
  readonly limitHits: readonly LimitName[];

  constructor(connection: Connection, { refused, limitHits }: Noted) {
    super(connection);
    this.refused = refused;
    this.limitHits = limitHits;
  }
}

/** What a test may replace. */
export interface AdmissionChanges {
  readonly request?: Partial<UpgradeRequest>;
  readonly app?: App;
  readonly limits?: Partial<AdmissionLimits>;
  readonly apps?: Apps;
}

/** Admission and its environment. */
export class AdmissionRig {
  readonly parts: TestHub = testHub();
  readonly closing: RecentCount = new RecentCount(4000, () => this.parts.clock.nowMs);
  readonly refusals: RefusalAllowance = new RefusalAllowance(
    { perSecond: 2, maxHeld: 15 },
    () => this.parts.clock.nowMs,
  );
  readonly sessions: SessionContext;
  addresses: AddressLimiter | null = null;

  constructor() {
    this.sessions = testSessions({
      node: testNode(this.parts.hub).node,
      rates: {
        maxFrames: 5,
        maxBytes: 10_000,
        maxControlFrames: 3,
        maxSubscriptions: Infinity,
        maxReplyBytes: Infinity,
      },
      mailboxes: new Mailboxes({ maxBytes: 10_000, maxTotalBytes: 20_000 }),
      nowMs: () => this.parts.clock.nowMs,
      connectionEnded: (address, isClosing) => {
        if (address !== "") this.addresses?.leave(address);
        if (isClosing) this.closing.add();
      },
    });
  }

  /** A node whose apps are those of the store. */
  node(apps: Apps): Node {
    return testNode(this.parts.hub, { apps, nowMs: () => this.parts.clock.nowMs }).node;
  }

  /** Admission to the node. */
  admission(
    node: Node,
    limits: Partial<AdmissionLimits> = {},
  ): { readonly admission: Admission; readonly refused: Fault[]; readonly limitHits: LimitName[] } {
    const refused: Fault[] = [];
    const limitHits: LimitName[] = [];
    const admission = new Admission({
      node,
      sessions: this.sessions,
      nextSocketId: () => `1.${[...this.parts.hub.sockets()].length + 1}`,
      limits: {
        capacity: Infinity,
        descriptors: Infinity,
        closing: this.closing,
        refusals: this.refusals,
        handshakes: null,
        addresses: this.addresses,
        ...limits,
      },
      refused: (fault) => void refused.push(fault),
      limitHit: (limit) => void limitHits.push(limit),
    });
    return { admission, refused, limitHits };
  }

  /** The outcome of an upgrade. */
  async admit({
    request,
    app = testApp(),
    limits,
    apps,
  }: AdmissionChanges = {}): Promise<Admitted> {
    const node = this.node(apps ?? memoryApps([app]));
    const { admission, refused, limitHits } = this.admission(node, limits);
    const verdict = await admission.admit(upgradeRequest(request), (decided) => decided);
    return { verdict, refused, limitHits };
  }

  /** Connects and returns the transport, with what was reported. */
  async connect(changes: AdmissionChanges = {}): Promise<AdmittedTransport> {
    const { verdict, refused, limitHits } = await this.admit(changes);
    if (isFault(verdict)) throw new Error(`Not even refused by a close frame: ${verdict.message}`);
    const transport = new AdmittedTransport(verdict, { refused, limitHits });
    verdict.opened(transport);
    return transport;
  }
}

/** A carrier without sockets. */
const NO_CARRIER: Carrier = { publish: () => 1 };

/** The upgrade request of an ordinary client. The given members replace the defaults. */
export function upgradeRequest(given: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return {
    path: `/app/${KEY}`,
    query: "protocol=7&client=js&version=8.6.0",
    carrier: NO_CARRIER,
    origin: null,
    address: "192.0.2.1",
    openCount: () => 0,
    ...given,
  };
}

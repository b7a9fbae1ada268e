// A hub over test doubles, with a clock that the test moves and a list of the channel events that
// the hub reported.
import type { ChannelEvent } from "../../src/events/app-event.ts";
import { type ChannelEventListener, EventStream } from "../../src/events/stream.ts";
import { FossilEncoder } from "../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../src/delta/vcdiff.ts";
import { DEFAULT_SELECTION_LIMITS } from "../../src/filter/selection.ts";
import type { DeltaOptions } from "../../src/hub/delta/options.ts";
import type { CrowdLimits } from "../../src/hub/node-use.ts";
import type { AppHub, ChangeListener, HubContext } from "../../src/hub/app-hub.ts";
import { authorise } from "../../src/hub/authorise.ts";
import type { Socket } from "../../src/hub/socket.ts";
import { commit } from "../../src/hub/subscribe.ts";
import { sendClientEvent as relay } from "../../src/node/client-event.ts";
import type { ClientEventCommand, SubscribeCommand } from "../../src/protocol/commands.ts";
import { type Fault, isFault } from "../../src/protocol/faults.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { LagLimits } from "../../src/hub/lag/limits.ts";
import { CODECS } from "../../src/protocol/codecs.ts";
import type { Leniency } from "../../src/protocol/leniency.ts";
import { TestNetwork } from "./network.ts";

/** The server's delta settings, with small limits. */
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
  filters: {
    ...DEFAULT_SELECTION_LIMITS,
    maxBytesPerConnection: 100_000,
    maxComparisonsPerConnection: 100,
    maxComparisonsPerChannel: 150,
  },
};

/** The limits of lagging sockets. */
export const TEST_LAG: LagLimits = {
  lagBytes: 500,
  bufferBytes: 1000,
  lossBytes: 10_000,
  progress: { maxLagMs: 30_000, minTakenBytes: 100, maxStallMs: 5000 },
  backlogs: {
    maxBytesPerSocket: 4_000_000,
    maxBytesPerApp: 6_000_000,
    maxBytesPerNode: 8_000_000,
  },
};

/** Limits of a node that is never crowded. */
export const NO_CROWD: CrowdLimits = { maxChannels: Infinity, maxSubscriptions: Infinity };

/** A hub and its environment. */
export interface TestHub {
  readonly network: TestNetwork;
  readonly hub: Hub;
  /** The channel events that the hub reported. */
  readonly events: ChannelEvent[];
  readonly leniencies: Leniency[];
  readonly clock: { nowMs: number };
}

/** An event stream with these listeners, none of which may throw. */
export function eventStream(...listeners: readonly ChannelEventListener[]): EventStream {
  return new EventStream(listeners, (error) => {
    throw error;
  });
}

/** A listener to changes that ignores all others than those given, and knows of nothing elsewhere. */
export function changeListener(given: Partial<ChangeListener> = {}): ChangeListener {
  return {
    channelChanged: () => {},
    memberChanged: () => {},
    userChanged: () => {},
    connectionsChanged: () => {},
    vacated: () => {},
    elsewhere: () => null,
    isOnlineElsewhere: () => false,
    connectionsElsewhere: () => 0,
    ...given,
  };
}

/** The environment of a hub over the network: a clock that stands still, no listeners, small limits. */
export function hubContext(network: TestNetwork, given: Partial<HubContext> = {}): HubContext {
  return {
    sink: network,
    events: eventStream(),
    limitHit: () => {},
    lenient: () => {},
    nowMs: () => 0,
    codecs: CODECS,
    changes: null,
    cache: { ttlMs: 60_000, maxEntries: 3 },
    delta: {
      options: TEST_DELTA,
      encoders: { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() },
    },
    lag: TEST_LAG,
    crowd: NO_CROWD,
    ...given,
  };
}

/** Creates a hub at time 0, whose cached events expire after a minute. */
export function testHub(delta: Partial<DeltaOptions> = {}, crowd: CrowdLimits = NO_CROWD): TestHub {
  const network = new TestNetwork();
  const events: ChannelEvent[] = [];
  const leniencies: Leniency[] = [];
  const clock = { nowMs: 0 };
  const { encoders } = hubContext(network).delta;
  const hub = new Hub(
    hubContext(network, {
      events: eventStream({ note: (_app, event) => void events.push(event) }),
      lenient: (_app, reason) => void leniencies.push(reason),
      nowMs: () => clock.nowMs,
      delta: { options: { ...TEST_DELTA, ...delta }, encoders },
      crowd,
    }),
  );
  return { network, hub, events, leniencies, clock };
}

/** Subscribes a socket as a node that runs alone does. */
export function subscribe(hub: AppHub, socket: Socket, command: SubscribeCommand): Fault | null {
  const authorised = authorise(hub, socket, command);
  return isFault(authorised) ? authorised : commit(hub, socket, command, authorised);
}

/** Publishes a client event, or returns why it is refused. */
export function sendClientEvent(
  hub: AppHub,
  socket: Socket,
  command: ClientEventCommand,
): Fault | null {
  const publication = relay(hub, socket, command);
  return isFault(publication) ? publication : null;
}

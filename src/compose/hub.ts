// The hub of a node, and what stands around its publishes: the topics and the search for lagging sockets.
import type { Config } from "../config/config.ts";
import type { EventStream } from "../events/stream.ts";
import type { Encoders } from "../hub/delta/outgoing.ts";
import type { ChangeListener } from "../hub/app-hub.ts";
import { Hub } from "../hub/hub.ts";
import type { Log } from "../log/log.ts";
import type { Node } from "../node/node.ts";
import { publish } from "../node/publish.ts";
import type { App } from "../protocol/app.ts";
import { CODECS } from "../protocol/codecs.ts";
import { isFault } from "../protocol/faults.ts";
import { readEvent } from "../protocol/publication.ts";
import { LagSearch } from "../session/lag-search.ts";
import { Topics } from "../transport/topics.ts";
import { deltaOptions, lagLimits, searchBytes } from "./bounds.ts";
import { clockMs, STEP_CLOCK } from "./clocks.ts";
import { lenientLog } from "./counts.ts";

/** A hub with its surroundings. */
export interface HubParts {
  readonly hub: Hub;
  /** The hub's sink; the carriers are added by those who open them. */
  readonly topics: Topics;
  readonly search: LagSearch;
}

/** What a hub is made of, besides its configuration. */
export interface HubInputs {
  readonly events: EventStream;
  readonly encoders: Encoders;
  readonly changes: ChangeListener | null;
  readonly log: Log;
}

/** Makes the hub. */
export function makeHub(config: Config, { events, encoders, changes, log }: HubInputs): HubParts {
  const topics = new Topics((length, status) => search.published(length, status));
  const hub = new Hub({
    sink: topics,
    events,
    limitHit: (app, limit) => log.once(`${app.id} ${limit}`, "limit hit", { app: app.id, limit }),
    lenient: lenientLog(log),
    nowMs: clockMs,
    cache: { ttlMs: config.cacheTtlSeconds * 1000, maxEntries: config.cacheMaxEntries },
    delta: { options: deltaOptions(config), encoders },
    codecs: CODECS,
    changes,
    lag: lagLimits(config),
    crowd: {
      maxChannels: config.crowdedChannels,
      maxSubscriptions: config.maxSubscriptionsWhenCrowded,
    },
  });
  const search = new LagSearch(() => hub.sockets(), STEP_CLOCK, searchBytes(config));
  return { hub, topics, search };
}

/** Publishes the body of a `POST /events`. @throws when it is none. */
export function publishBody(node: Node, app: App, body: Record<string, unknown>): void {
  const event = readEvent(body, app.limits);
  if (isFault(event)) throw new Error(event.message);
  void publish(node, node.hub.of(app), event.publication);
}

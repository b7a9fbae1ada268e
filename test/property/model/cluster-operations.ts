// The random operations of the cluster: it answers late, with an error or never, and delivers what other
// nodes publish.
import * as fc from "fast-check";
import { channelNamed } from "./channels.ts";
import type { Choice } from "./client-operations.ts";
import { type Cached, CACHE_TTL_MS } from "./deliveries.ts";
import { type Message, messages } from "./messages.ts";
import { type Choices, type Operation, operation } from "./operation.ts";

type Origin = "api" | "client";

/** The operations by name. A question that stays unanswered becomes overdue as time passes. */
export function clusterChoices({ channel }: Choice): Choices<"letIn" | "refuseEntry" | "arrive"> {
  const at = fc.nat(9);
  const origin = fc.constantFrom("api", "api", "client");
  return {
    letIn: fc.tuple(at, fc.option(messages)).map(([which, cached]) => letIn(which, cached)),
    refuseEntry: at.map(refuseEntry),
    // Half of the publications arrive for a channel that is being opened, if there is one.
    arrive: fc
      .tuple(channel, fc.option(at, { freq: 2 }), messages, origin)
      .map(([where, opening, message, from]) => arrive({ where, opening }, message, from)),
  };
}

/** The cluster opens a channel, for which perhaps no connection waits any more. */
function letIn(at: number, event: Message | null): Operation {
  return operation(
    `letIn(${at}, ${JSON.stringify(event)})`,
    (model) => model.openings.asked.length > 0,
    (model, rig) => {
      const { asked } = model.openings;
      const channel = asked[at % asked.length] ?? "";
      const cached: Cached | null =
        event === null || !channelNamed(channel).cached
          ? null
          : { message: event, expiresMs: model.nowMs + CACHE_TTL_MS };
      model.opened(channel, cached);
      rig.letIn(channel, cached);
    },
  );
}

function refuseEntry(at: number): Operation {
  return operation(
    `refuseEntry(${at})`,
    (model) => model.openings.asked.length > 0,
    (model, rig) => {
      const { asked } = model.openings;
      const channel = asked[at % asked.length] ?? "";
      model.failed(channel);
      rig.cluster?.opens.fail(channel, "The broker is down");
    },
  );
}

interface Target {
  readonly where: string;
  /** An index into the channels that are being opened; null if any channel will do. */
  readonly opening: number | null;
}

function arrive({ where, opening }: Target, message: Message, origin: Origin): Operation {
  return operation(
    `arrive(${where}, ${opening}, ${JSON.stringify(message)}, ${origin})`,
    (model) => model.hasCluster,
    (model, rig) => {
      const openings = [...model.openings.channels];
      const channel = opening === null ? where : (openings[opening % openings.length] ?? where);
      model.arrive(channel, { message, isCached: origin === "api", except: null });
      rig.arrive(channel, message, origin);
    },
  );
}

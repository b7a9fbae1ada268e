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
  return {
    letIn: fc.tuple(at, fc.option(messages)).map(([which, cached]) => letIn(which, cached)),
    refuseEntry: at.map(refuseEntry),
    arrive: fc
      .tuple(channel, messages, fc.constantFrom("api", "api", "client"))
      .map(([where, message, origin]) => arrive(where, message, origin)),
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

function arrive(channel: string, message: Message, origin: Origin): Operation {
  return operation(
    `arrive(${channel}, ${JSON.stringify(message)}, ${origin})`,
    (model) => model.hasCluster,
    (model, rig) => {
      model.arrive(channel, { message, isCached: origin === "api" });
      rig.arrive(channel, message, origin);
    },
  );
}

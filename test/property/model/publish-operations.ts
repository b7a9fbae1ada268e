// The random operations of the application: it publishes.
import * as fc from "fast-check";
import { MAX_BACKLOG_BYTES } from "../../../src/hub/lag/backlog.ts";
import { CHANNEL_NAMES, channelNamed } from "./channels.ts";
import type { Choice } from "./client-operations.ts";
import type { Expectations } from "./expectations.ts";
import { type Message, messages, quote, tags, type TagsJson } from "./messages.ts";
import { type Choices, type Operation, operation } from "./operation.ts";
import { checkFrames, verify } from "./verification.ts";

/** The client that a publication leaves out: any client, or one of the channel's subscribers. */
interface Except {
  readonly of: "clients" | "subscribers";
  readonly at: number;
}

/** The operations by name. */
export function publishChoices({
  client,
  channel,
}: Choice): Choices<"publish" | "publishSeries" | "publishToMany" | "flood"> {
  const except = fc.option(
    fc.record({ of: fc.constantFrom("clients", "subscribers", "subscribers"), at: client }),
    { freq: 2 },
  );
  const seriesLength = fc.constantFrom(3, 8, 40);
  return {
    publish: fc
      .tuple(channel, messages, except)
      .map(([where, message, who]) => publish([where], [message], who)),
    publishSeries: fc
      .tuple(channel, fc.constantFrom("BTC", "ETH", null), seriesLength, tags, except)
      .map(([where, key, count, given, who]) => publish([where], series(key, count, given), who)),
    publishToMany: fc
      .tuple(fc.subarray([...CHANNEL_NAMES], { minLength: 2 }), messages, except)
      .map(([where, message, who]) => publish(where, [message], who)),
    flood: channel.map(flood),
  };
}

function publish(
  channels: readonly string[],
  list: readonly Message[],
  except: Except | null,
): Operation {
  const more = list.length === 1 ? "" : ` and ${list.length - 1} more`;
  const who = except === null ? "nobody" : `${except.at} of the ${except.of}`;
  return operation(
    `publish(${channels.join()}, ${JSON.stringify(list[0])}${more}, except ${who})`,
    () => true,
    (model, rig) => {
      const left = except === null ? null : choose(model, channels, except);
      for (const message of list) {
        for (const channel of channels) model.publish(channel, message, left);
        rig.publish(channels, message, left);
        if (channels.length === 1) checkFrames(rig, channels[0] ?? "", message, left);
        rig.runSteps();
        verify(model, rig);
      }
    },
  );
}

function choose(
  model: Expectations,
  channels: readonly string[],
  { of, at }: Except,
): number | null {
  if (of === "clients") return at;
  const subscribers = model.deliveries.subscribersOf(channels[0] ?? "");
  return subscribers[at % subscribers.length] ?? null;
}

/** One message that is larger than what is kept for all lagging clients of a channel. A cache channel would send it to newcomers too. */
function flood(channel: string): Operation {
  return operation(
    `flood(${channel})`,
    ({ deliveries }) =>
      !channelNamed(channel).cached &&
      deliveries.subscribersOf(channel).some((client) => deliveries.isLagging(client)),
    (model, rig) => {
      const text = "x".repeat(MAX_BACKLOG_BYTES);
      const message: Message = { name: "price", data: text, tags: {}, delta: true };
      model.deliveries.flood(channel, message);
      rig.publish([channel], message, null);
    },
  );
}

/** Messages of one key, each slightly different from the one before. Of those without a key, some are empty. */
function series(key: string | null, count: number, given: TagsJson): readonly Message[] {
  return Array.from({ length: count }, (_, value) => ({
    name: "price",
    data: key === null && value % 4 === 3 ? "" : quote(key, value),
    tags: given,
    delta: true,
  }));
}

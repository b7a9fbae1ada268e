// The random operations of what is elsewhere: users come and go there, as members of channels and as
// signed-in users, and the number of subscriptions there changes.
import * as fc from "fast-check";
import { changeElsewhere, replaceElsewhere, setUserElsewhere } from "../../../src/hub/elsewhere.ts";
import type { ChannelElsewhere } from "../../../src/hub/ports.ts";
import type { Identity } from "../../../src/protocol/member.ts";
import { channelNamed } from "./channels.ts";
import type { Choice } from "./client-operations.ts";
import type { ModelElsewhere } from "./deliveries.ts";
import { type Choices, type Operation, operation } from "./operation.ts";
import type { Rig } from "./rig.ts";

/** How the hub is told: what has changed, all there is, or a part of it. */
type Telling = "change" | "complete" | "incomplete";

/** What happens elsewhere on a channel. */
interface Happening {
  readonly channel: string;
  readonly subscriptionCount: number;
  /** A user who leaves, if the user is there. */
  readonly leaves: string;
  /** A user who comes then. */
  readonly comes: string;
  readonly telling: Telling;
}

const USERS: fc.Arbitrary<string> = fc.constantFrom("user-0", "user-1", "user-2", "user-9");

/** The operations by name. */
export function elsewhereChoices({
  channel,
}: Choice): Choices<"changeElsewhere" | "setUserElsewhere"> {
  const where = fc.oneof(channel, fc.constant("presence-room"));
  return {
    changeElsewhere: fc
      .record({
        channel: where,
        subscriptionCount: fc.nat(20),
        leaves: USERS,
        comes: USERS,
        telling: fc.constantFrom<Telling>("change", "change", "complete", "incomplete"),
      })
      .map(happen),
    setUserElsewhere: fc
      .tuple(USERS, fc.boolean())
      .map(([userId, isOnline]) => setOnline(userId, isOnline)),
  };
}

function happen(happening: Happening): Operation {
  const { channel, telling } = happening;
  return operation(
    `changeElsewhere(${JSON.stringify(happening)})`,
    (model) => model.hasCluster,
    (model, rig) => {
      const before = model.deliveries.elsewhereOf(channel);
      const now = afterwards(before, happening);
      model.deliveries.changeElsewhere(channel, now);
      rig.elsewhere.set(channel, elsewhere(now));
      tellHub(rig, { channel, telling, before, now });
      const here = model.deliveries.subscribersOf(channel).length > 0;
      rig.tally.add(`${telling} elsewhere on a channel with${here ? "" : "out"} subscribers`);
    },
  );
}

function afterwards(before: ModelElsewhere, happening: Happening): ModelElsewhere {
  const { channel, subscriptionCount, leaves, comes, telling } = happening;
  if (!channelNamed(channel).presence) return { subscriptionCount, userIds: [] };
  const stay = before.userIds.filter((userId) => telling === "incomplete" || userId !== leaves);
  return { subscriptionCount, userIds: [...new Set([...stay, comes])] };
}

interface Told {
  readonly channel: string;
  readonly telling: Telling;
  readonly before: ModelElsewhere;
  readonly now: ModelElsewhere;
}

function tellHub(rig: Rig, { channel, telling, before, now }: Told): void {
  const { subscriptionCount, userIds } = now;
  const added = userIds.filter((userId) => !before.userIds.includes(userId));
  const removed = before.userIds.filter((userId) => !userIds.includes(userId));
  if (telling === "change")
    return changeElsewhere(rig.app, channel, {
      subscriptionCount,
      added: added.map(identity),
      removed,
    });
  const isComplete = telling === "complete";
  const told = isComplete ? now : { subscriptionCount, userIds: added };
  replaceElsewhere(rig.app, channel, elsewhere(told), isComplete);
}

function elsewhere({ subscriptionCount, userIds }: ModelElsewhere): ChannelElsewhere {
  return { subscriptionCount, members: userIds.map(identity) };
}

function identity(userId: string): Identity {
  return { userId, userInfo: null };
}

function setOnline(userId: string, isOnline: boolean): Operation {
  return operation(
    `setUserElsewhere(${userId}, ${isOnline})`,
    (model) => model.hasCluster && model.watching.isElsewhere(userId) !== isOnline,
    (model, rig) => {
      model.watching.setElsewhere(userId, isOnline);
      if (isOnline) rig.onlineElsewhere.add(userId);
      else rig.onlineElsewhere.delete(userId);
      setUserElsewhere(rig.app, userId, isOnline);
      rig.tally.add(`user who goes ${isOnline ? "online" : "offline"} elsewhere`);
    },
  );
}

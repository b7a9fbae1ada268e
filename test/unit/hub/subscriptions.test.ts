import { expect, test } from "bun:test";
import type { Subscription } from "../../../src/hub/channel.ts";
import { Subscriptions } from "../../../src/hub/subscriptions.ts";
import { DeltaRig } from "./delta-rig.ts";

/** The subscription of a socket that is alone on the channel. */
function subscriptionTo(rig: DeltaRig, channel: string): Subscription {
  const found = rig.joined(channel).subscriptions.get(channel);
  if (found === undefined) throw new Error(`Cannot find the subscription to "${channel}"`);
  return found;
}

test.each([0, 1, 2, 8, 9, 20])(
  "Subscriptions holds %i by name, in the order in which they were made",
  (count) => {
    const rig = new DeltaRig();
    const names = Array.from({ length: count }, (_, index) => `channel-${index}`);
    const added = names.map((name) => subscriptionTo(rig, name));
    const subscriptions = new Subscriptions();
    for (const subscription of added) subscriptions.add(subscription);
    expect(subscriptions.size).toBe(count);
    expect([...subscriptions.values()]).toEqual(added);
    expect(names.map((name) => subscriptions.get(name))).toEqual(added);
    expect(subscriptions.has("no-channel")).toBe(false);

    subscriptions.delete("no-channel");
    for (const [index, name] of names.entries()) {
      subscriptions.delete(name);
      expect(subscriptions.has(name)).toBe(false);
      expect([...subscriptions.values()]).toEqual(added.slice(index + 1));
      expect(subscriptions.size).toBe(count - index - 1);
    }
    for (const subscription of added) subscriptions.add(subscription);
    expect([...subscriptions.values()]).toEqual(added);
    subscriptions.clear();
    expect([subscriptions.size, ...subscriptions.values()]).toEqual([0]);
  },
);

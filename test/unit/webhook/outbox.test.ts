import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import { WebhookCounters } from "../../../src/webhook/counters.ts";
import { eventText } from "../../../src/webhook/event-text.ts";
import {
  DEFAULT_OUTBOX_LIMITS,
  Outbox,
  type OutboxLimits,
  type Batch,
} from "../../../src/webhook/outbox.ts";

function setUp(limits: Partial<OutboxLimits> = {}) {
  const counters = new WebhookCounters();
  const outbox = new Outbox(counters, { ...DEFAULT_OUTBOX_LIMITS, ...limits });
  const add = (...events: readonly ChannelEvent[]): void => {
    for (const event of events) outbox.add({ event, text: eventText(event), happenedMs: 0 });
  };
  return { counters, outbox, add };
}

const occupied = (channel: string): ChannelEvent => ({ kind: "channel_occupied", channel });
const vacated = (channel: string): ChannelEvent => ({ kind: "channel_vacated", channel });
const added = (channel: string, userId: string): ChannelEvent => ({
  kind: "member_added",
  channel,
  userId,
});
const removed = (channel: string, userId: string): ChannelEvent => ({
  kind: "member_removed",
  channel,
  userId,
});
const counted = (channel: string, count: number): ChannelEvent => ({
  kind: "subscription_count",
  channel,
  count,
});
const missed = (channel: string): ChannelEvent => ({ kind: "cache_miss", channel });
const said = (channel: string, data: string): ChannelEvent => ({
  kind: "client_event",
  channel,
  event: "client-e",
  data,
  socketId: "1.2",
  userId: null,
});

/** The events of a batch, each as `channel_occupied a`. */
function shown(batch: Batch | null): readonly string[] {
  return (batch?.events ?? []).map(({ text }) => {
    const { name, channel, user_id: userId, data, subscription_count: count } = JSON.parse(text);
    return [name, channel, userId ?? data ?? count].filter((part) => part !== undefined).join(" ");
  });
}

describe("Outbox", () => {
  test("takes events in the order in which they came, up to the number asked for", () => {
    const { outbox, add } = setUp();
    add(occupied("a"), occupied("b"), said("private-c", "1"), occupied("d"));
    expect([outbox.size, outbox.readySize]).toEqual([4, 4]);
    expect(shown(outbox.take(10))).toEqual([
      "channel_occupied a",
      "channel_occupied b",
      "client_event private-c 1",
      "channel_occupied d",
    ]);
    expect([outbox.size, outbox.take(10)]).toEqual([0, null]);
  });

  test("takes no event of a channel while earlier events of it are being posted", () => {
    const { outbox, add } = setUp();
    add(said("private-a", "1"), said("private-a", "2"), said("private-a", "3"));
    const first = outbox.take(2);
    add(said("private-a", "4"), occupied("b"));
    expect(shown(first)).toEqual(["client_event private-a 1", "client_event private-a 2"]);
    expect([outbox.size, outbox.readySize]).toEqual([3, 1]);
    expect(shown(outbox.take(5))).toEqual(["channel_occupied b"]);
    expect(outbox.take(5)).toBeNull();
    if (first !== null) outbox.release(first);
    expect(outbox.readySize).toBe(2);
    expect(shown(outbox.take(5))).toEqual(["client_event private-a 3", "client_event private-a 4"]);
  });

  test.each<readonly [ChannelEvent, ChannelEvent]>([
    [occupied("a"), vacated("a")],
    [vacated("a"), occupied("a")],
    [added("presence-a", "u"), removed("presence-a", "u")],
    [removed("presence-a", "u"), added("presence-a", "u")],
  ])("drops both when %o is followed by %o", (first, second) => {
    const { counters, outbox, add } = setUp();
    add(first);
    expect(outbox.holdsCounterpart(second)).toBe(true);
    add(second);
    expect([outbox.size, outbox.take(10)]).toEqual([0, null]);
    expect(counters).toMatchObject({ queuedEvents: 2, withdrawnEvents: 2, droppedEvents: 0 });
  });

  test.each<readonly [ChannelEvent, ChannelEvent]>([
    [occupied("a"), vacated("b")],
    [added("presence-a", "u"), removed("presence-a", "v")],
    [added("presence-a", "u"), removed("presence-b", "u")],
    [occupied("presence-a"), removed("presence-a", "u")],
    [missed("a"), vacated("a")],
    [said("a", "1"), said("a", "1")],
  ])("keeps both when %o is followed by %o", (first, second) => {
    const { outbox, add } = setUp();
    add(first);
    expect(outbox.holdsCounterpart(second)).toBe(false);
    add(second);
    expect(shown(outbox.take(10))).toHaveLength(2);
  });

  test("does not cancel events that are being posted", () => {
    const { outbox, add } = setUp();
    add(occupied("a"));
    const first = outbox.take(1);
    expect(outbox.holdsCounterpart(vacated("a"))).toBe(false);
    add(vacated("a"));
    expect(outbox.take(1)).toBeNull();
    if (first !== null) outbox.release(first);
    expect(shown(outbox.take(1))).toEqual(["channel_vacated a"]);
  });

  test("keeps the newer of two events with the same subject", () => {
    const { counters, outbox, add } = setUp();
    add(counted("a", 1), occupied("b"), counted("a", 2), missed("a"), missed("a"));
    expect(shown(outbox.take(10))).toEqual([
      "channel_occupied b",
      "subscription_count a 2",
      "cache_miss a",
    ]);
    expect(counters).toMatchObject({ queuedEvents: 5, withdrawnEvents: 2 });
  });

  test("discards counts and misses of a channel that was occupied and vacated", () => {
    const { outbox, add } = setUp();
    add(occupied("a"), counted("a", 1), missed("a"), said("a", "1"), vacated("a"));
    expect(shown(outbox.take(10))).toEqual(["client_event a 1"]);
    add(vacated("b"), counted("b", 1), occupied("b"));
    expect(shown(outbox.take(10))).toEqual(["subscription_count b 1"]);
  });

  test("serves every priority in turn", () => {
    const { outbox, add } = setUp();
    for (let n = 0; n < 1000; n++) {
      add(missed(`miss-${n}`), occupied(`public-${n}`), occupied(`private-${n}`));
      add(said(`private-said-${n}`, "x"));
    }
    for (let n = 0; n < 5; n++) add(added(`presence-${n}`, "u"));
    const told = shown(outbox.take(20)).map((text) => text.replace(/-?\d.*/, ""));
    expect(told.filter((text) => text === "member_added presence")).toHaveLength(5);
    for (const kind of ["cache_miss miss", "channel_occupied public", "channel_occupied private"])
      expect(told.filter((text) => text === kind).length).toBeGreaterThan(1);
  });

  test("ranks a channel by its queued event with the highest priority", () => {
    const { outbox, add } = setUp();
    for (let n = 0; n < 10; n++) add(occupied(`presence-${n}`));
    add(added("presence-9", "u"));
    expect(shown(outbox.take(2))).toEqual([
      "channel_occupied presence-9",
      "member_added presence-9 u",
    ]);
    add(added("presence-8", "u"), removed("presence-8", "u"));
    expect(shown(outbox.take(1))).toEqual(["channel_occupied presence-0"]);
  });

  test("drops the newest event of the lowest priority when there are too many, and counts it", () => {
    const { counters, outbox, add } = setUp({ maxEvents: 4 });
    add(occupied("a"), missed("b"), missed("c"), occupied("private-d"), said("private-e", "1"));
    expect(counters.droppedByKind).toEqual(new Map([["cache_miss", 1]]));
    add(added("presence-f", "u"), added("presence-g", "u"));
    expect(counters.droppedByKind).toEqual(
      new Map([
        ["cache_miss", 2],
        ["channel_occupied", 1],
      ]),
    );
    add(missed("h"), occupied("i"));
    expect(shown(outbox.take(10))).toEqual([
      "channel_occupied private-d",
      "client_event private-e 1",
      "member_added presence-f u",
      "member_added presence-g u",
    ]);
    expect(counters).toMatchObject({ queuedEvents: 9, droppedEvents: 5 });
  });

  test("bounds the bytes, but keeps at least one event, whatever its size", () => {
    const { counters, outbox, add } = setUp({ maxBytes: 20_000 });
    add(said("private-a", "x".repeat(30_000)));
    expect(outbox.size).toBe(1);
    add(added("presence-b", "u"));
    expect(shown(outbox.take(10))).toEqual(["member_added presence-b u"]);
    for (let n = 0; n < 3; n++) add(said("private-a", "x".repeat(8000)));
    expect([outbox.size, counters.droppedEvents]).toEqual([2, 2]);
  });

  test("reports the final state in order, and counts every event that it does not report", () => {
    const command = fc.oneof(
      fc.record({ toggle: fc.constantFrom("a", "presence-b/u", "presence-b/v", "private-c") }),
      fc.record({ say: fc.constantFrom("private-c", "presence-b") }),
      fc.record({ count: fc.constantFrom("a", "private-c") }),
      fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ release: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const { counters, outbox, add } = setUp();
        const now = new Map<string, boolean>();
        const told: string[] = [];
        const open: Batch[] = [];
        let sayings = 0;
        const take = (max: number): void => {
          const batch = outbox.take(max);
          if (batch === null) return;
          const busy = open.flatMap(({ channels }) => channels);
          expect(batch.channels.filter((name) => busy.includes(name))).toEqual([]);
          open.push(batch);
          told.push(...shown(batch));
        };
        const release = (at: number): void => {
          for (const batch of open.splice(at % Math.max(1, open.length), 1)) outbox.release(batch);
        };
        for (const step of commands) {
          if ("toggle" in step) {
            const [channel = "", userId] = step.toggle.split("/");
            const isThere = !(now.get(step.toggle) ?? false);
            now.set(step.toggle, isThere);
            if (userId === undefined) add(isThere ? occupied(channel) : vacated(channel));
            else add(isThere ? added(channel, userId) : removed(channel, userId));
          } else if ("say" in step) add(said(step.say, String(sayings++)));
          else if ("count" in step) add(counted(step.count, sayings));
          else if ("take" in step) take(step.take);
          else release(step.release);
          expect(counters.queuedEvents).toBe(told.length + counters.withdrawnEvents + outbox.size);
        }
        while (outbox.size > 0) {
          take(3);
          release(0);
        }
        expectTruth(told, now, sayings);
      }),
    );
  });
});

test("Outbox stays within its bounds and counts each event once, for random operations", () => {
  const event = fc.oneof(
    fc.constantFrom("a", "b", "private-c").map(occupied),
    fc.constantFrom("a", "b", "private-c").map(vacated),
    fc.constantFrom("u", "v").map((userId) => added("presence-d", userId)),
    fc.constantFrom("u", "v").map((userId) => removed("presence-d", userId)),
    fc.nat(5000).map((length) => said("private-c", "x".repeat(length))),
    fc.constantFrom("a", "b").map(missed),
  );
  const command = fc.oneof(fc.record({ event }), fc.record({ take: fc.boolean() }));
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const { counters, outbox, add } = setUp({ maxEvents: 6, maxBytes: 9000 });
      const open: Batch[] = [];
      let toldCount = 0;
      for (const step of commands) {
        if ("event" in step) add(step.event);
        else if (step.take) {
          const batch = outbox.take(2);
          toldCount += batch?.events.length ?? 0;
          if (batch !== null) open.push(batch);
        } else for (const batch of open.splice(0, 1)) outbox.release(batch);
        expect(outbox.size).toBeLessThanOrEqual(6);
        expect(counters.queuedEvents).toBe(
          toldCount + counters.withdrawnEvents + counters.droppedEvents + outbox.size,
        );
      }
      for (const batch of open) outbox.release(batch);
      expect(outbox.readySize).toBe(outbox.size);
    }),
  );
});

/** The reported states begin with absence, never repeat the state before, and end with the present one. */
function expectTruth(
  told: readonly string[],
  now: ReadonlyMap<string, boolean>,
  sayings: number,
): void {
  const sum = new Map<string, boolean>();
  const data = new Map<string, number[]>();
  for (const text of told) {
    const [kind = "", channel = "", rest = ""] = text.split(" ");
    if (kind === "client_event") data.set(channel, [...(data.get(channel) ?? []), Number(rest)]);
    if (!/^(channel|member)_/.test(kind)) continue;
    const subject = kind.startsWith("member") ? `${channel}/${rest}` : channel;
    const isThere = kind === "channel_occupied" || kind === "member_added";
    expect(sum.get(subject) ?? false).toBe(!isThere);
    sum.set(subject, isThere);
  }
  for (const [subject, isThere] of now) expect(sum.get(subject) ?? false).toBe(isThere);
  for (const order of data.values()) expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect([...data.values()].flat()).toHaveLength(sayings);
}

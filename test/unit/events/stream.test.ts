import { describe, expect, test } from "bun:test";
import type { AppEvent, ChannelEvent } from "../../../src/events/app-event.ts";
import { type ChannelEventListener, EventStream } from "../../../src/events/stream.ts";
import type { App } from "../../../src/protocol/app.ts";
import { testApp } from "../../doubles/app.ts";

const APP = testApp();
const OCCUPIED: ChannelEvent = { kind: "channel_occupied", channel: "a" };
const CONNECTED: AppEvent = { kind: "connected", socketId: "1.1" };

/** Records the events it gets, as its name and their kind. */
function keeper(name: string, told: string[]): ChannelEventListener & { readonly tap: Tap } {
  const keep = ({ id }: App, { kind }: AppEvent): void => void told.push(`${name} ${id} ${kind}`);
  return { note: keep, tap: keep };
}

type Tap = (app: App, event: AppEvent) => void;

function fail(): never {
  throw new Error("broken");
}

function unexpected(error: unknown): void {
  throw error;
}

describe("EventStream", () => {
  test("passes a channel event synchronously to the listeners in order, and then to the taps", () => {
    const told: string[] = [];
    const stream = new EventStream([keeper("one", told), keeper("two", told)], unexpected);
    stream.tap(keeper("tap", told).tap);
    stream.note(APP, OCCUPIED);
    expect(told).toEqual([
      "one 3 channel_occupied",
      "two 3 channel_occupied",
      "tap 3 channel_occupied",
    ]);
  });

  test("passes a trace event only to the taps", () => {
    const told: string[] = [];
    const stream = new EventStream([keeper("one", told)], unexpected);
    stream.tap(keeper("tap", told).tap);
    stream.trace(APP, CONNECTED);
    expect(told).toEqual(["tap 3 connected"]);
  });

  test("is tapped while it has a tap", () => {
    const told: string[] = [];
    const { tap } = keeper("tap", told);
    const stream = new EventStream([], unexpected);
    expect(stream.isTapped).toBe(false);
    // The same function twice: each tap is removed separately.
    const removers = [stream.tap(tap), stream.tap(tap)];
    stream.note(APP, OCCUPIED);
    expect(told).toHaveLength(2);
    removers[0]?.();
    removers[0]?.();
    expect(stream.isTapped).toBe(true);
    stream.note(APP, OCCUPIED);
    expect(told).toHaveLength(3);
    removers[1]?.();
    expect(stream.isTapped).toBe(false);
    stream.note(APP, OCCUPIED);
    expect(told).toHaveLength(3);
  });

  test("passes nothing more to a tap that another tap has removed in the same step", () => {
    const told: string[] = [];
    const stream = new EventStream([], unexpected);
    let remove = (): void => {};
    stream.tap(() => remove());
    remove = stream.tap(keeper("removed", told).tap);
    stream.note(APP, OCCUPIED);
    expect(told).toEqual([]);
    expect(stream.isTapped).toBe(true);
  });

  test("reports a listener or a tap that throws, and passes the event to the others", () => {
    const told: string[] = [];
    const reported: string[] = [];
    const stream = new EventStream([{ note: fail }, keeper("listener", told)], (error) => {
      reported.push(String(error));
    });
    stream.tap(fail);
    stream.tap(keeper("tap", told).tap);
    stream.note(APP, OCCUPIED);
    stream.trace(APP, CONNECTED);
    expect(told).toEqual([
      "listener 3 channel_occupied",
      "tap 3 channel_occupied",
      "tap 3 connected",
    ]);
    expect(reported).toEqual(["Error: broken", "Error: broken", "Error: broken"]);
  });
});

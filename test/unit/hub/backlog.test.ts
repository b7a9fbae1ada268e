import { beforeEach, describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";
import {
  Backlog,
  Cursor,
  MAX_BACKLOG_BYTES,
  MAX_KEYED_BYTES,
} from "../../../src/hub/lag/backlog.ts";
import type { Channel } from "../../../src/hub/channel.ts";
import type { Cohort } from "../../../src/hub/channel.ts";
import { Outgoing } from "../../../src/hub/delta/outgoing.ts";
import { EventWriters } from "../../../src/hub/publish.ts";
import type { MissedEvent } from "../../../src/hub/lag/backlog.ts";
import type { Frame } from "../../../src/protocol/codec.ts";
import type { Publication } from "../../../src/protocol/publication.ts";
import { PLAIN } from "../../doubles/app.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { data, DeltaRig, KEYED, whole } from "./delta-rig.ts";

let rig: DeltaRig;
let socket: TestSocket;
let cohort: Cohort;
let channel: Channel;
let backlog: Backlog;

beforeEach(() => {
  rig = new DeltaRig({}, [KEYED]);
  socket = rig.joined("c", { delta: null });
  const subscription = socket.subscriptions.get("c");
  if (subscription === undefined) throw new Error("no subscription");
  ({ cohort } = subscription);
  ({ channel } = cohort);
  backlog = new Backlog(0, () => {});
});

function missed(given: Partial<Publication>): MissedEvent {
  const plain = { event: "e", data: "", channels: ["c"], exceptSocketId: null, ...PLAIN };
  const publication = { ...plain, ...given };
  return new Outgoing(channel, new EventWriters(publication), rig.hub.delta.encoders).missed();
}

function add(text: string, cohorts = "a", except: TestSocket | null = null): void {
  backlog.add(missed({ data: text }), { cohorts, except });
}

/** The frames that the socket has missed. */
function missedBy(who: TestSocket, of: Cohort, since: number): readonly Frame[] | null {
  const cursor = new Cursor(backlog, since);
  return cursor.hasGap ? null : [...cursor.frames(who, of)];
}

describe("Backlog", () => {
  test("keeps the newest message of every key, up to 2 MB", () => {
    const large = (value: number, key: string): string =>
      JSON.stringify({ symbol: key, value, text: "x".repeat(10_000) });
    const since = backlog.order;
    for (let index = 0; index < 100; index++) add(large(index, `S${index}`));
    expect(missedBy(socket, cohort, since)).toHaveLength(100);
    const count = Math.ceil(MAX_KEYED_BYTES / 10_000);
    for (let index = 0; index < count; index++) add(large(index, `T${index}`));
    expect(missedBy(socket, cohort, since)).toBeNull();
  });

  test("drops messages without a key before the newest message of any key", () => {
    for (const key of ["a", "b"]) add(data(1, key));
    const since = backlog.order;
    for (let bytes = 0; bytes <= MAX_BACKLOG_BYTES; bytes += 10_000) add("x".repeat(10_000));
    expect(missedBy(socket, cohort, since)).toBeNull();
    expect(missedBy(socket, cohort, backlog.order)).toEqual([]);
    for (const key of ["a", "b"]) add(data(2, key));
    expect(missedBy(socket, cohort, backlog.order - 2)).toHaveLength(2);
  });

  test("keeps the newest message of a key, at its own place in the order", () => {
    for (const [value, key] of ["a", "b", "a"].entries()) add(data(value, key));
    expect(missedBy(socket, cohort, 0)).toEqual([whole(data(1, "b")), whole(data(2, "a"))]);
  });

  test("keeps all messages without a key", () => {
    for (const text of ["x", "x", "{}"]) add(text);
    expect(missedBy(socket, cohort, 0)).toEqual([whole("x"), whole("x"), whole("{}")]);
  });

  test("returns what was added since a position", () => {
    add("x");
    const since = backlog.order;
    add("y");
    expect(missedBy(socket, cohort, since)).toEqual([whole("y")]);
    expect(missedBy(socket, cohort, backlog.order)).toEqual([]);
  });

  test("keeps messages of one key apart if they go to different cohorts", () => {
    add(data(1), "a b");
    add(data(2), "a");
    add(data(3), "a");
    expect(missedBy(socket, cohort, 0)).toEqual([whole(data(1)), whole(data(3))]);
  });

  test("keeps an older message of a key for the socket that the newest leaves out, and no longer than that", () => {
    const other = rig.joined("c", { delta: null });
    add(data(1));
    add(data(2), "a", socket);
    expect(missedBy(socket, cohort, 0)).toEqual([whole(data(1))]);
    add(data(3), "a", other);
    expect(missedBy(socket, cohort, 0)).toEqual([whole(data(3))]);
    expect(missedBy(other, cohort, 0)).toEqual([whole(data(2))]);
    add(data(4));
    for (const each of [socket, other]) expect(missedBy(each, cohort, 0)).toEqual([whole(data(4))]);
  });

  test("limits the memory of frames, and reports which sockets missed more", () => {
    add("ö".repeat(1000));
    const size = backlog.bytes;
    // A text with one such character takes two bytes for every character.
    expect(size).toBeGreaterThan(2000 + whole("").length);
    const count = Math.floor(MAX_BACKLOG_BYTES / size);
    for (let index = 1; index < count; index++) add("ö".repeat(1000));
    expect(missedBy(socket, cohort, 0)).toHaveLength(count);
    add("ö".repeat(1000));
    expect(missedBy(socket, cohort, 0)).toBeNull();
    expect(missedBy(socket, cohort, 1)).toHaveLength(count);
  });

  test("continues where it stopped, with what is the newest message of each key by then", () => {
    for (const key of ["a", "b", "c"]) add(data(1, key));
    const cursor = new Cursor(backlog, 0);
    const [first] = cursor.frames(socket, cohort);
    expect(first).toBe(whole(data(1, "a")));
    add(data(2, "b"));
    add(data(2, "a"));
    expect([...cursor.frames(socket, cohort)]).toEqual([
      whole(data(1, "c")),
      whole(data(2, "b")),
      whole(data(2, "a")),
    ]);
    expect([...cursor.frames(socket, cohort)]).toEqual([]);
  });

  test("keeps only the newest message of each key for a cursor that does not move", () => {
    const cursor = new Cursor(backlog);
    for (const key of ["a", "b"]) add(data(0, key));
    const [first] = cursor.frames(socket, cohort);
    expect(first).toBe(whole(data(0, "a")));
    Bun.gc(true);
    const before = heapStats().heapSize;
    for (let count = 0; count < 50_000; count++) add(data(count, `S${count % 20}`));
    Bun.gc(true);
    expect(heapStats().heapSize - before).toBeLessThan(5_000_000);
    expect([...cursor.frames(socket, cohort)]).toHaveLength(21);
  });

  test("reports how much a socket has missed, not how much is kept for others", () => {
    for (let count = 0; count < 100; count++) add("x".repeat(1000));
    const late = new Cursor(backlog);
    expect(late.missedBytes).toBe(0);
    add("x".repeat(1000));
    expect(late.missedBytes).toBe(backlog.bytes / 101);
    const early = new Cursor(backlog, 0);
    expect(early.missedBytes).toBe(backlog.bytes);
    expect([...early.frames(socket, cohort)]).toHaveLength(101);
    expect(early.missedBytes).toBe(0);
  });

  test("drops its older half: sockets that have not read past that half cannot catch up", () => {
    for (let count = 0; count < 10; count++) add(`${count}`);
    const bytes = backlog.bytes;
    backlog.halve();
    expect(backlog.bytes).toBeLessThanOrEqual(bytes / 2);
    expect([missedBy(socket, cohort, 4), missedBy(socket, cohort, 5)?.length]).toEqual([null, 5]);
  });

  test("reports the memory that it takes and releases", () => {
    let bytes = 0;
    const counted = new Backlog(0, (more) => void (bytes += more));
    counted.add(missed({ data: data(1) }), { cohorts: "a", except: null });
    const one = bytes;
    counted.add(missed({ data: data(2) }), { cohorts: "a", except: null });
    expect([one > 0, bytes, counted.bytes]).toEqual([true, one, one]);
    counted.clear();
    expect([bytes, counted.bytes]).toEqual([0, 0]);
  });

  test("is never filled by the messages of one key", () => {
    const other = rig.joined("c", { delta: null });
    for (let index = 0; index < 3000; index++)
      add(data(index), "a", [null, socket, other][index % 3] ?? null);
    expect(missedBy(socket, cohort, 0)).toHaveLength(1);
  });

  test("drops a message that is larger than the limit", () => {
    add("x".repeat(MAX_BACKLOG_BYTES));
    expect(missedBy(socket, cohort, 0)).toBeNull();
    expect(missedBy(socket, cohort, 1)).toEqual([]);
  });

  test("keeps the server's own messages for every socket", () => {
    backlog.addMessage({ internal: true, name: "news", data: "{}", channel: null });
    expect(missedBy(socket, cohort, 0)).toEqual(['{"event":"pusher_internal:news","data":"{}"}']);
  });
});

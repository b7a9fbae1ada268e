// Users and connections elsewhere: who is online, what watchers are told, and the quota.
import { beforeEach, describe, expect, test } from "bun:test";
import { setUserElsewhere } from "../../../src/hub/elsewhere.ts";
import { testApp } from "../../doubles/app.ts";
import { ElsewhereRig, takeWatched } from "./elsewhere-rig.ts";

let rig: ElsewhereRig;

beforeEach(() => {
  rig = new ElsewhereRig(testApp({ watchlist: true }));
});

function set(userId: string, isOnline: boolean): void {
  setUserElsewhere(rig.hub, userId, isOnline);
}

describe("a watched user", () => {
  test("who is online elsewhere is listed as online", () => {
    rig.online.add("a");
    expect(takeWatched(rig.signIn("w", ["a", "b"]))).toEqual(["+a", "-b"]);
  });

  test("who goes online and offline elsewhere is announced once for each", () => {
    const watcher = rig.signIn("w", ["u"]);
    watcher.take();
    for (const isOnline of [true, true, false, false]) set("u", isOnline);
    expect(takeWatched(watcher)).toEqual(["+u", "-u"]);
  });

  test("who is online elsewhere signs in and out here without an announcement", () => {
    const watcher = rig.signIn("w", ["u"]);
    watcher.take();
    set("u", true);
    const here = rig.signIn("u");
    rig.end(here);
    expect(takeWatched(watcher)).toEqual(["+u"]);
    set("u", false);
    expect(takeWatched(watcher)).toEqual(["-u"]);
  });

  test("who is online here goes online and offline elsewhere without an announcement", () => {
    const watcher = rig.signIn("w", ["u"]);
    const here = rig.signIn("u");
    watcher.take();
    set("u", true);
    set("u", false);
    expect(takeWatched(watcher)).toEqual([]);
    set("u", true);
    rig.end(here);
    expect(takeWatched(watcher)).toEqual([]);
    set("u", false);
    expect(takeWatched(watcher)).toEqual(["-u"]);
  });

  test("who comes and goes lingers, here and elsewhere together", () => {
    const watcher = rig.signIn("w", ["u"]);
    watcher.take();
    rig.end(rig.signIn("u"));
    for (let time = 0; time < 4; time++) {
      set("u", true);
      set("u", false);
    }
    rig.end(rig.signIn("u"));
    expect(takeWatched(watcher)).toEqual(["+u", "-u", "+u", "-u", "+u"]);
    expect(takeWatched(rig.signIn("x", ["u"]))).toEqual(["+u"]);
    rig.tick();
    expect(takeWatched(watcher)).toEqual(["-u"]);
  });

  test("who lingers and is online elsewhere when the second ends is not announced", () => {
    const watcher = rig.signIn("w", ["u"]);
    watcher.take();
    for (let time = 0; time < 3; time++) rig.end(rig.signIn("u"));
    set("u", true);
    takeWatched(watcher);
    rig.tick();
    expect(takeWatched(watcher)).toEqual([]);
  });

  test("who only lingers, and is online elsewhere when the next watcher comes, stays online", () => {
    const watcher = rig.signIn("w", ["u"]);
    for (let time = 0; time < 3; time++) rig.end(rig.signIn("u"));
    rig.end(watcher);
    rig.online.add("u");
    const next = rig.signIn("x", ["u"]);
    expect(takeWatched(next)).toEqual(["+u"]);
    rig.tick();
    expect(takeWatched(next)).toEqual([]);
    set("u", false);
    expect(takeWatched(next)).toEqual(["-u"]);
  });

  test("is kept while it has watchers here", () => {
    const watcher = rig.signIn("w", ["u"]);
    set("u", true);
    set("u", false);
    set("u", true);
    expect(rig.hub.users.get("u")?.online).toBe(true);
    rig.end(watcher);
    expect(rig.hub.users.size).toBe(0);
  });
});

describe("a user whom the hub does not know", () => {
  test("is not added by what is elsewhere", () => {
    set("u", true);
    expect(rig.hub.users.size).toBe(0);
  });

  test("is asked for when the first connection signs in", () => {
    rig.online.add("u");
    rig.end(rig.signIn("u"));
    expect(rig.hub.users.size).toBe(0);
    const watcher = rig.signIn("w", ["u"]);
    watcher.take();
    rig.end(rig.signIn("u"));
    expect(takeWatched(watcher)).toEqual([]);
  });
});

describe("connections elsewhere", () => {
  test("count towards the quota of authorised connections", () => {
    rig = new ElsewhereRig(testApp({ authorisedConnections: true }, { maxConnections: 3 }));
    rig.hub.connectionsElsewhere = 2;
    const [first, second] = [rig.signIn("a"), rig.signIn("b")];
    expect([first, second].map(({ closedWith }) => closedWith?.code ?? null)).toEqual([null, 4004]);
    expect(rig.hub.connectionCount).toBe(2);
  });

  test("are asked for when the app gets its hub", () => {
    rig = new ElsewhereRig(testApp({}, { maxConnections: 1 }), 1);
    expect([rig.hub.isFull, rig.hub.connectionCount]).toEqual([true, 0]);
  });

  test("make the app full together with those here", () => {
    rig = new ElsewhereRig(testApp({}, { maxConnections: 3 }));
    rig.connect();
    rig.hub.connectionsElsewhere = 1;
    expect([rig.hub.isFull, rig.hub.connectionCount]).toEqual([false, 1]);
    rig.hub.connectionsElsewhere = 2;
    expect([rig.hub.isFull, rig.hub.connectionCount]).toEqual([true, 1]);
  });
});

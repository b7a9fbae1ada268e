// What the hub tells the listener that informs the other nodes.
import { beforeEach, describe, expect, test } from "bun:test";
import { changeElsewhere, setUserElsewhere } from "../../../src/hub/elsewhere.ts";
import { unsubscribe } from "../../../src/hub/subscribe.ts";
import { testApp } from "../../doubles/app.ts";
import { ElsewhereRig, members } from "./elsewhere-rig.ts";

const ROOM = "presence-room";

let rig: ElsewhereRig;

beforeEach(() => {
  rig = new ElsewhereRig(testApp({ watchlist: true, authorisedConnections: true }));
});

describe("of channels", () => {
  test("every change of the number of subscribers, 0 included, and the end of the channel", () => {
    const [a, b] = [rig.join("c"), rig.join("c")];
    unsubscribe(rig.hub, a, "c");
    rig.end(b);
    expect(rig.takeChanges()).toEqual(["c has 1", "c has 2", "c has 1", "c has 0", "c is gone"]);
  });

  test("a member's first socket and last, also of a user who is a member elsewhere", () => {
    rig.channels.set(ROOM, { subscriptionCount: 1, members: members("u") });
    const [a, b] = [rig.join(ROOM, "u"), rig.join(ROOM, "u")];
    unsubscribe(rig.hub, a, ROOM);
    unsubscribe(rig.hub, b, ROOM);
    expect(rig.takeChanges().filter((text) => !text.endsWith("connections"))).toEqual([
      `u is on ${ROOM}`,
      `${ROOM} has 1`,
      `${ROOM} has 2`,
      `${ROOM} has 1`,
      `u is off ${ROOM}`,
      `${ROOM} has 0`,
      `${ROOM} is gone`,
    ]);
  });

  test("that a member who lingers has no socket any more", () => {
    rig.join(ROOM, "w");
    rig.comeAndGo(ROOM, "u", 3);
    const told = rig.takeChanges().filter((text) => text.startsWith("u "));
    expect(told).toHaveLength(6);
    expect(told.at(-1)).toBe(`u is off ${ROOM}`);
    rig.tick();
    expect(rig.takeChanges()).toEqual([]);
  });

  test("nothing of what changes elsewhere", () => {
    rig.join(ROOM, "w");
    rig.signIn("x", ["u"]);
    rig.takeChanges();
    changeElsewhere(rig.hub, ROOM, { subscriptionCount: 1, added: members("u"), removed: [] });
    changeElsewhere(rig.hub, ROOM, { subscriptionCount: 0, added: [], removed: ["u"] });
    setUserElsewhere(rig.hub, "u", true);
    setUserElsewhere(rig.hub, "u", false);
    expect(rig.takeChanges()).toEqual([]);
  });
});

test("of users: the first connection and the last, the first watcher and the last", () => {
  const [first, second] = [rig.signIn("u"), rig.signIn("u")];
  const watchers = [rig.signIn("w", ["u"]), rig.signIn("w", ["u"])];
  for (const socket of [...watchers, first, second]) rig.end(socket);
  expect(rig.takeChanges().filter((text) => text.startsWith("u "))).toEqual([
    "u has 1 and 0 watchers",
    "u has 2 and 1 watchers",
    "u has 2 and 0 watchers",
    "u has 0 and 0 watchers",
  ]);
});

describe("of connections", () => {
  test("those that are authorised, if the app counts only these", () => {
    const [idle, signedIn] = [rig.connect(), rig.signIn("u")];
    rig.end(signedIn);
    rig.end(idle);
    const told = rig.takeChanges().filter((text) => text.endsWith("connections"));
    expect(told).toEqual(["1 connections", "0 connections"]);
  });

  test("all of them otherwise", () => {
    rig = new ElsewhereRig();
    rig.end(rig.signIn("u"));
    const told = rig.takeChanges().filter((text) => text.endsWith("connections"));
    expect(told).toEqual(["1 connections", "0 connections"]);
  });

  test("a changed way of counting them", () => {
    rig.connect();
    rig.hub.update(testApp({ watchlist: true }));
    rig.hub.update(testApp());
    expect(rig.takeChanges()).toEqual(["1 connections"]);
  });
});

// Channels that have subscribers elsewhere too: members, counts, limits, channel events.
import { beforeEach, describe, expect, test } from "bun:test";
import { changeElsewhere, replaceElsewhere } from "../../../src/hub/elsewhere.ts";
import type { Presence } from "../../../src/hub/presence.ts";
import { unsubscribe } from "../../../src/hub/subscribe.ts";
import type { Identity } from "../../../src/protocol/member.ts";
import { testApp } from "../../doubles/app.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { ElsewhereRig, members, rosterIds, takeCounts, takeMembers } from "./elsewhere-rig.ts";

const ROOM = "presence-room";

let rig: ElsewhereRig;

beforeEach(() => {
  rig = new ElsewhereRig();
});

function change(added: readonly Identity[], removed: readonly string[] = []): void {
  changeElsewhere(rig.hub, ROOM, { subscriptionCount: added.length, added, removed });
}

function replace(present: readonly Identity[], isComplete = true): void {
  const given = { subscriptionCount: present.length, members: present };
  replaceElsewhere(rig.hub, ROOM, given, isComplete);
}

function presence(): Presence {
  const found = rig.hub.channels.get(ROOM)?.presence;
  if (!found) throw new Error(`Cannot find the members of "${ROOM}": it has no subscriber`);
  return found;
}

/** A member here who was told nothing yet. */
function watcher(): TestSocket {
  const socket = rig.join(ROOM, "watcher");
  socket.take();
  return socket;
}

describe("a member elsewhere", () => {
  test("is announced once to the sockets here, with the user object, and once when gone", () => {
    const socket = watcher();
    change([{ userId: "u", userInfo: '{"n":1}' }]);
    change([{ userId: "u", userInfo: '{"n":2}' }]);
    expect(socket.take()).toEqual([
      ["pusher_internal:member_added", '{"user_id":"u","user_info":{"n":1}}'],
    ]);
    change([], ["u"]);
    change([], ["u"]);
    expect(takeMembers(socket)).toEqual(["-u"]);
  });

  test("who comes here too, and leaves either place first, is announced once", () => {
    const socket = watcher();
    change(members("a", "b"));
    const [a, b] = [rig.join(ROOM, "a"), rig.join(ROOM, "b")];
    expect(takeMembers(socket)).toEqual(["+a", "+b"]);
    rig.end(a);
    change([], ["b"]);
    expect(takeMembers(socket)).toEqual([]);
    change([], ["a"]);
    rig.end(b);
    expect(takeMembers(socket)).toEqual(["-a", "-b"]);
  });

  test("who was here before is not announced", () => {
    const socket = watcher();
    const here = rig.join(ROOM, "u");
    expect(takeMembers(socket)).toEqual(["+u"]);
    change(members("u"));
    rig.end(here);
    expect(takeMembers(socket)).toEqual([]);
    expect([...presence().userIds]).toEqual(["watcher", "u"]);
  });

  test("who is removed and added in one change has gone and come back", () => {
    const socket = watcher();
    change(members("u"));
    change(members("u"), ["u"]);
    expect(takeMembers(socket)).toEqual(["+u", "-u", "+u"]);
  });

  test("is in rosters and ids, and not among the members here", () => {
    watcher();
    change(members("u"));
    rig.join(ROOM, "u");
    change(members("v"));
    expect(rosterIds(rig.join(ROOM, "w"))).toEqual(["watcher", "u", "v", "w"]);
    expect([...presence().here()].map(({ userId }) => userId)).toEqual(["watcher", "u", "w"]);
    expect([...presence().elsewhere()].map(({ userId }) => userId)).toEqual(["u", "v"]);
    expect(["u", "v", "x"].map((id) => presence().isHere(id))).toEqual([true, false, false]);
    expect(presence().userCount).toBe(4);
  });

  test("counts towards the limit of members", () => {
    rig = new ElsewhereRig(testApp({}, { maxPresenceMembers: 2 }));
    watcher();
    change(members("u"));
    const text = `Presence channel ${ROOM} is over its limit of 2 members`;
    expect(rig.subscribe(rig.connect(), ROOM, "v")?.message).toBe(text);
    expect(rig.subscribe(rig.connect(), ROOM, "u")).toBeNull();
  });
});

describe("a user who comes and goes", () => {
  test("elsewhere is announced twice a second, and then the state at its end", () => {
    const socket = watcher();
    rig.tick();
    for (let time = 0; time < 5; time++) {
      change(members("u"));
      change([], ["u"]);
    }
    expect(takeMembers(socket)).toEqual(["+u", "-u", "+u", "-u", "+u"]);
    expect(presence().has("u")).toBe(true);
    rig.tick();
    expect(takeMembers(socket)).toEqual(["-u"]);
    expect(presence().has("u")).toBe(false);
  });

  test("here and elsewhere by turns is limited for both together", () => {
    const socket = watcher();
    rig.comeAndGo(ROOM, "u", 1);
    change(members("u"));
    change([], ["u"]);
    rig.comeAndGo(ROOM, "u", 3);
    expect(takeMembers(socket)).toEqual(["+u", "-u", "+u", "-u", "+u"]);
    change(members("u"));
    rig.tick();
    expect(takeMembers(socket)).toEqual([]);
    change([], ["u"]);
    expect(takeMembers(socket)).toEqual(["-u"]);
  });

  test("here, while a member elsewhere, is not announced and does not linger", () => {
    const socket = watcher();
    change(members("u"));
    rig.comeAndGo(ROOM, "u", 9);
    change([], ["u"]);
    expect(takeMembers(socket)).toEqual(["+u", "-u"]);
  });
});

describe("the first subscriber here", () => {
  test("gets the members elsewhere in its roster, and later ones are told of nobody twice", () => {
    rig.channels.set(ROOM, { subscriptionCount: 3, members: members("a", "b") });
    const first = rig.join(ROOM, "b");
    expect(rosterIds(first)).toEqual(["a", "b"]);
    expect(rosterIds(rig.join(ROOM, "c"))).toEqual(["a", "b", "c"]);
    expect(takeMembers(first)).toEqual(["+c"]);
    change([], ["a", "b"]);
    expect(takeMembers(first)).toEqual(["-a"]);
  });

  test("makes no announcement of those who are elsewhere count as a join", () => {
    rig.channels.set(ROOM, { subscriptionCount: 1, members: members("u") });
    const socket = watcher();
    for (let time = 0; time < 2; time++) {
      change([], ["u"]);
      change(members("u"));
    }
    change([], ["u"]);
    expect(takeMembers(socket)).toEqual(["-u", "+u", "-u", "+u", "-u"]);
  });

  test("is refused if the channel is full elsewhere, unless its user is a member there", () => {
    rig = new ElsewhereRig(testApp({}, { maxPresenceMembers: 2 }));
    rig.channels.set(ROOM, { subscriptionCount: 2, members: members("a", "b") });
    expect(rig.subscribe(rig.connect(), ROOM, "c")?.message).toBe(
      `Presence channel ${ROOM} is over its limit of 2 members`,
    );
    expect(rig.hub.channels.size).toBe(0);
    expect(rig.subscribe(rig.connect(), ROOM, "b")).toBeNull();
  });

  test("is alone if nothing is known", () => {
    expect(rosterIds(rig.join(ROOM, "a"))).toEqual(["a"]);
  });
});

describe("replaceElsewhere()", () => {
  test("announces only what differs", () => {
    const socket = watcher();
    rig.join(ROOM, "b");
    change(members("a", "b", "c"));
    takeMembers(socket);
    replace(members("c", "d"));
    expect(takeMembers(socket)).toEqual(["-a", "+d"]);
    replace(members("d", "c"));
    expect(takeMembers(socket)).toEqual([]);
    expect([...presence().elsewhere()].map(({ userId }) => userId)).toEqual(["c", "d"]);
    expect([...presence().userIds]).toEqual(["watcher", "b", "c", "d"]);
  });

  test("keeps members who are missing from an incomplete state", () => {
    const socket = watcher();
    change(members("a"));
    replace(members("b"), false);
    expect(takeMembers(socket)).toEqual(["+a", "+b"]);
    replace(members("b"), true);
    expect(takeMembers(socket)).toEqual(["-a"]);
  });
});

describe("a channel without a subscriber here", () => {
  test("keeps nothing of what is elsewhere", () => {
    change(members("u"));
    replace(members("u"));
    expect(rig.hub.channels.size).toBe(0);
    expect(rosterIds(rig.join(ROOM, "a"))).toEqual(["a"]);
  });

  test("forgets members elsewhere and lingering ones when it is vacated", () => {
    const socket = watcher();
    rig.comeAndGo(ROOM, "lingering", 3);
    change(members("u"));
    rig.end(socket);
    rig.tick();
    expect([rig.hub.channels.size, rig.hub.unsettledChannels.size]).toEqual([0, 0]);
    expect(rosterIds(rig.join(ROOM, "a"))).toEqual(["a"]);
    expect(rig.events).toEqual([]);
  });
});

describe("subscription counts", () => {
  beforeEach(() => {
    rig = new ElsewhereRig(testApp({ subscriptionCount: true }));
  });

  function count(subscriptionCount: number): void {
    changeElsewhere(rig.hub, "c", { subscriptionCount, added: [], removed: [] });
  }

  test("include the subscriptions elsewhere, from the first subscriber on", () => {
    rig.channels.set("c", { subscriptionCount: 5, members: [] });
    const socket = rig.join("c");
    expect(takeCounts(socket)).toEqual([6]);
    rig.join("c");
    rig.tick();
    expect(takeCounts(socket)).toEqual([7]);
  });

  test("follow what changes elsewhere, at most once a second", () => {
    const socket = rig.join("c");
    rig.tick();
    socket.take();
    for (const each of [3, 4, 5]) count(each);
    expect(takeCounts(socket)).toEqual([4]);
    rig.tick();
    expect(takeCounts(socket)).toEqual([6]);
    rig.tick();
    count(5);
    expect(takeCounts(socket)).toEqual([]);
    replaceElsewhere(rig.hub, "c", { subscriptionCount: 0, members: [] }, true);
    expect(takeCounts(socket)).toEqual([1]);
  });

  test("above a hundred, here and elsewhere together, are sent every five seconds", () => {
    const socket = rig.join("c");
    takeCounts(socket);
    count(100);
    for (let second = 1; second < 5; second++) rig.tick();
    expect(takeCounts(socket)).toEqual([]);
    rig.tick();
    expect(takeCounts(socket)).toEqual([101]);
  });

  test("are not sent on presence channels", () => {
    const socket = watcher();
    change(members("u"));
    rig.tick();
    expect(takeCounts(socket)).toEqual([]);
  });
});

test("events about the whole channel are left to its owner, and no others", () => {
  rig = new ElsewhereRig(testApp({ subscriptionCount: true }));
  const socket = watcher();
  change(members("u"), ["u"]);
  rig.end(socket);
  const cached = rig.join("cache-c");
  unsubscribe(rig.hub, cached, "cache-c");
  expect(rig.events).toEqual([{ kind: "cache_miss", channel: "cache-c" }]);
});

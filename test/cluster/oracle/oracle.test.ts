// The oracle's own checks: histories that are right pass, and each kind of wrong one is complained of.
import { describe, expect, test } from "bun:test";
import type { Complaint } from "./complaint.ts";
import { judgeAnswers, judgeDeliveries } from "./deliveries.ts";
import { judgeWebhooks } from "./hooks.ts";
import { Journal, type MemberEvent, type Sending, SIGNED_IN, type Stay } from "./journal.ts";
import { judgeMembers } from "./members.ts";
import { judgeCounts, judgeViews } from "./views.ts";

/** All histories begin so long before now. */
const BEGIN_MS = performance.now() - 100_000;

function at(ms: number): number {
  return BEGIN_MS + ms;
}

/** A client of node a that came to a presence channel at 1,000 ms and stays. */
function stay(client: string, differences: Partial<Stay> = {}): Stay {
  return {
    client,
    node: "a",
    channel: "presence-x",
    userId: client,
    watched: null,
    askedMs: at(990),
    succeededMs: at(1000),
    leftMs: null,
    roster: ["ada", "bob"],
    count: null,
    memberEvents: [],
    arrivals: [],
    early: [],
    ...differences,
  };
}

function member(kind: MemberEvent["kind"], userId: string, ms: number): MemberEvent {
  return { kind, userId, atMs: at(ms) };
}

/** A publication that was accepted. */
function sending(number: number, ms: number, differences: Partial<Sending> = {}): Sending {
  return {
    lane: "p",
    number,
    channel: "presence-x",
    node: "b",
    sender: null,
    sentMs: at(ms),
    answeredMs: at(ms + 2),
    status: 200,
    ...differences,
  };
}

function arrivals(...numbers: readonly number[]): Stay["arrivals"] {
  return numbers.map((number) => ({ lane: "p", number, atMs: at(3000) }));
}

function journalOf(stays: readonly Stay[], sendings: readonly Sending[] = []): Journal {
  const journal = new Journal();
  journal.stays.push(...stays);
  journal.sendings.push(...sendings);
  return journal;
}

function rules(complaints: readonly Complaint[]): readonly string[] {
  return complaints.map(({ rule }) => rule);
}

/** Ada and Bob, who are there all the time. */
const BOTH = [stay("ada"), stay("bob")];

describe("deliveries are judged:", () => {
  const sendings = [sending(0, 500), sending(1, 2000), sending(2, 2010)];
  const judged = (differences: Partial<Stay>, sent: readonly Sending[] = sendings) =>
    rules(judgeDeliveries(journalOf([stay("ada", differences)], sent), { flightMs: 1000 }));

  test("right ones pass", () => {
    expect(judged({ arrivals: arrivals(1, 2) })).toEqual([]);
    expect(judged({ arrivals: arrivals(0, 1, 2) })).toEqual([]);
  });

  test("a lost one", () => {
    expect(judged({ arrivals: arrivals(2) })).toEqual(["lost"]);
  });

  test("one lost on the way to a client that stayed long enough, but not to one that left at once", () => {
    expect(judged({ arrivals: arrivals(1), leftMs: at(4000) })).toEqual(["lost"]);
    expect(judged({ arrivals: arrivals(1), leftMs: at(2500) })).toEqual([]);
  });

  test("a duplicate", () => {
    expect(judged({ arrivals: arrivals(1, 2, 1) })).toEqual(["duplicate"]);
  });

  test("wrong order", () => {
    expect(judged({ arrivals: arrivals(2, 1) })).toEqual(["order"]);
  });

  test("what nobody has sent", () => {
    expect(judged({ arrivals: arrivals(1, 2, 3) })).toEqual(["unknown"]);
  });

  test("none that was refused, and none to its sender", () => {
    expect(judged({}, [sending(1, 2000, { status: 503 })])).toEqual([]);
    expect(judged({}, [sending(1, 2000, { sender: "ada" })])).toEqual([]);
    expect(judged({}, [sending(1, 2000, { sender: "bob" })])).toEqual(["lost"]);
  });

  test("none while the client's node stood still", () => {
    const journal = journalOf([stay("ada", { arrivals: arrivals(2) })], sendings);
    const standstills = [{ node: "a", fromMs: at(1900), toMs: at(2005) }];
    expect(judgeDeliveries(journal, { flightMs: 1000, standstills })).toEqual([]);
  });
});

test("an answer that is late, no success or absent is complained of, but not of a node that died", () => {
  const journal = journalOf(
    [],
    [
      sending(0, 0),
      sending(1, 0, { answeredMs: at(1500) }),
      sending(2, 0, { status: 500 }),
      sending(3, 0, { status: 0, node: "c" }),
      sending(4, 0, { status: null, answeredMs: null }),
    ],
  );
  const excused = ({ node }: Sending): boolean => node === "c";
  expect(rules(judgeAnswers(journal, 1000, excused))).toEqual(["answer", "answer", "answer"]);
});

describe("member events are judged:", () => {
  const judged = (stays: readonly Stay[], userIds: readonly string[] = [], node = "z") => {
    const stoodStill = { node, userIds: new Set(userIds) };
    return rules(judgeMembers(journalOf(stays), { settleMs: 2000, stoodStill }));
  };
  /** Eve, who comes at 10 s and goes at 20 s. */
  const eve = stay("eve", {
    askedMs: at(9990),
    succeededMs: at(10_000),
    leftMs: at(20_000),
    roster: ["ada", "eve"],
  });
  const ada = (...memberEvents: MemberEvent[]): Stay =>
    stay("ada", { roster: ["ada"], memberEvents });

  test("right ones pass", () => {
    expect(judged(BOTH)).toEqual([]);
    const events = [member("added", "eve", 9995), member("removed", "eve", 20_010)];
    expect(judged([ada(...events), eve])).toEqual([]);
  });

  test("nobody told of who came, or went", () => {
    expect(judged([ada(), eve])).toEqual(["unannounced", "unannounced"]);
    expect(judged([ada(member("added", "eve", 9995)), eve])).toEqual(["unannounced"]);
  });

  test("a user announced twice, and one gone twice", () => {
    const twice = [member("added", "eve", 9995), member("added", "eve", 9999)];
    expect(judged([ada(...twice, member("removed", "eve", 20_010)), eve])).toEqual([
      "repeated announcement",
    ]);
    const gone = [member("removed", "eve", 20_010), member("removed", "eve", 20_020)];
    expect(judged([ada(member("added", "eve", 9995), ...gone), eve])).toEqual([
      "repeated announcement",
    ]);
  });

  test("a user announced as gone who stayed, also when it comes back at once", () => {
    const [, bob] = BOTH;
    const watching = stay("ada", {
      memberEvents: [member("removed", "bob", 5000), member("added", "bob", 5500)],
    });
    expect(bob === undefined ? [] : judged([watching, bob])).toEqual(["false removal"]);
    // Bob's node stood still, and Ada is on another or on the same.
    expect(bob === undefined ? [] : judged([watching, bob], ["bob"])).toEqual([]);
    expect(bob === undefined ? [] : judged([watching, bob], ["bob"], "a")).toEqual([
      "false removal",
    ]);
  });

  test("a user announced as gone whose other connection stayed", () => {
    const first = stay("eve", { leftMs: at(5000), roster: ["ada", "eve"] });
    const second = stay("tab", { userId: "eve", askedMs: at(1990), succeededMs: at(2000) });
    const watching = stay("ada", {
      roster: ["ada", "eve"],
      memberEvents: [member("removed", "eve", 5005), member("added", "eve", 5010)],
    });
    expect(judged([watching, first, { ...second, roster: ["ada", "eve"] }])).toEqual([
      "false removal",
    ]);
  });

  test("a user whose node stood still announced as gone for the second time", () => {
    const events = [1, 2].flatMap((time) => [
      member("removed", "bob", 5000 * time),
      member("added", "bob", 5000 * time + 100),
    ]);
    expect(judged([stay("ada", { memberEvents: events }), stay("bob")], ["bob"])).toEqual([
      "false removal",
    ]);
  });

  test("a user who was away for long and whose coming and going nobody heard", () => {
    const second = {
      ...eve,
      client: "eve2",
      askedMs: at(30_000),
      succeededMs: at(30_010),
      leftMs: null,
    };
    const heard = [member("added", "eve", 9995)];
    expect(judged([ada(...heard), eve, second])).toEqual(["unannounced", "unannounced"]);
  });

  test("an event before the success", () => {
    expect(judged([stay("ada", { early: ["pusher_internal:member_added"] })])).toEqual(["early"]);
  });

  test("a watchlist by the same rules, for those on it", () => {
    const online = stay("bob", { channel: SIGNED_IN, watched: new Set() });
    const other = stay("eve", { channel: SIGNED_IN, watched: new Set() });
    const watching = stay("ada", {
      channel: SIGNED_IN,
      watched: new Set(["bob"]),
      roster: ["bob"],
      memberEvents: [member("removed", "bob", 5000)],
    });
    expect(judged([watching, online, other])).toEqual(["false removal"]);
    expect(judged([{ ...watching, memberEvents: [] }, online, other])).toEqual([]);
  });
});

describe("views are judged:", () => {
  test("right ones pass", () => {
    expect(judgeViews(journalOf(BOTH))).toEqual([]);
  });

  test("one that lacks somebody, and one with somebody who has gone", () => {
    expect(rules(judgeViews(journalOf([stay("ada", { roster: ["ada"] }), stay("bob")])))).toEqual([
      "view",
    ]);
    const left = stay("bob", { leftMs: at(2000) });
    expect(rules(judgeViews(journalOf([stay("ada"), left])))).toEqual(["view"]);
  });

  test("a subscription without success", () => {
    const asked = stay("bob", { succeededMs: null });
    expect(rules(judgeViews(journalOf([stay("ada", { roster: ["ada"] }), asked])))).toEqual([
      "view",
    ]);
  });

  test("a wrong count", () => {
    const told = { channel: "public", userId: null, roster: [] };
    const stays = [stay("ada", { ...told, count: 1 }), stay("bob", { ...told, count: 2 })];
    expect(rules(judgeCounts(journalOf(stays)))).toEqual(["count"]);
  });

  test("a watchlist", () => {
    const online = stay("bob", { channel: SIGNED_IN, watched: new Set(), roster: [] });
    const watching = stay("ada", {
      channel: SIGNED_IN,
      watched: new Set(["bob", "eve"]),
      roster: ["eve"],
    });
    expect(rules(judgeViews(journalOf([watching, online])))).toEqual(["view"]);
    expect(judgeViews(journalOf([{ ...watching, roster: ["bob"] }, online]))).toEqual([]);
  });
});

describe("webhooks are judged:", () => {
  const there = journalOf([stay("ada", { roster: ["ada"] })]);
  const occupied = { name: "channel_occupied", channel: "presence-x" };
  const added = { name: "member_added", channel: "presence-x", user_id: "ada" };

  test("right ones pass", () => {
    expect(judgeWebhooks([occupied, added], there)).toEqual([]);
  });

  test("one that comes twice", () => {
    expect(rules(judgeWebhooks([occupied, occupied, added], there))).toEqual(["webhook"]);
    expect(rules(judgeWebhooks([occupied, added, added], there))).toEqual(["webhook"]);
  });

  test("one that is missing", () => {
    expect(rules(judgeWebhooks([occupied], there))).toEqual(["webhook"]);
    const gone = journalOf([stay("ada", { leftMs: at(2000) })]);
    expect(rules(judgeWebhooks([occupied, added], gone))).toEqual(["webhook", "webhook"]);
  });
});

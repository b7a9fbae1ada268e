import { beforeEach, describe, expect, test } from "bun:test";
import { BusTopics } from "../../../../src/cluster/broker/topics.ts";

let turns: number;
let topics: BusTopics;
beforeEach(() => {
  turns = 0;
  topics = new BusTopics(() => turns++);
});

/** Sends the changes of a turn under a number, and has them answered. */
function turn(command: number): void {
  const { joined } = topics.takeChanges();
  topics.sent(joined, command);
  topics.confirmed(joined, command);
}

describe("BusTopics", () => {
  test("collects what happens in one turn", () => {
    void topics.join("a");
    void topics.join("b");
    void topics.join("a");
    expect(turns).toBe(1);
    expect(topics.takeChanges()).toEqual({ joined: ["a", "b"], left: [] });
    expect(topics.takeChanges()).toEqual({ joined: [], left: [] });
  });

  test("resolves a join when its command is answered, and all joins of a topic together", async () => {
    const joins = [topics.join("a"), topics.join("a")];
    turn(1);
    await Promise.all(joins);
    await topics.join("a");
    expect(topics.takeChanges()).toEqual({ joined: [], left: [] });
  });

  test("sends nothing for a topic that is left and joined again in one turn, or the other way round", async () => {
    void topics.join("a");
    turn(1);
    topics.leave("a");
    await topics.join("a");
    void topics.join("b");
    topics.leave("b");
    expect(topics.takeChanges()).toEqual({ joined: [], left: [] });
  });

  test("does not take the answer to an earlier join for that to a later one", async () => {
    void topics.join("a");
    topics.sent(topics.takeChanges().joined, 1);
    topics.leave("a");
    expect(topics.takeChanges()).toEqual({ joined: [], left: ["a"] });
    let isJoined = false;
    const join = topics.join("a").then(() => (isJoined = true));
    topics.sent(topics.takeChanges().joined, 2);
    topics.confirmed(["a"], 1);
    await Promise.resolve();
    expect(isJoined).toBe(false);
    topics.confirmed(["a"], 2);
    await join;
  });

  test("rejects the join of a topic that is left, and all joins when it is cleared", async () => {
    const [a, b] = [topics.join("a"), topics.join("b")];
    topics.leave("a");
    expect(a).rejects.toThrow('Cannot join topic "a": it was left');
    topics.clear();
    expect(b).rejects.toThrow('Cannot join topic "b": the bus is closed');
    expect(topics.has("b")).toBe(false);
  });

  test("knows what the broker has forgotten", async () => {
    void topics.join("a");
    void topics.join("b");
    turn(1);
    topics.forgotten((topic) => topic === "a");
    expect(topics.unsent()).toEqual(["a"]);
    expect(topics.isComplete).toBe(false);
    let isJoined = false;
    const join = topics.join("a").then(() => (isJoined = true));
    await Promise.resolve();
    expect(isJoined).toBe(false);
    topics.sent(["a"], 2);
    topics.confirmed(["a"], 2);
    await join;
    expect(topics.isComplete).toBe(true);
    // What is joined only now does not hold up a bus that is whole otherwise.
    void topics.join("c");
    expect(topics.isComplete).toBe(true);
  });

  test("does not leave at a broker that has forgotten the topic", () => {
    void topics.join("a");
    turn(1);
    topics.leave("a");
    topics.forgotten(() => true);
    expect(topics.takeChanges()).toEqual({ joined: [], left: [] });
  });
});

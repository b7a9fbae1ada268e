import { beforeEach, describe, expect, test } from "bun:test";
import { Inbox } from "../../../src/cluster/inbox.ts";

let delivered: unknown[];
let pulls: number[];
let inbox: Inbox;

beforeEach(() => {
  delivered = [];
  pulls = [];
  inbox = new Inbox({
    deliver: (_topic, body) => void delivered.push(body),
    pull: (since) => void pulls.push(since),
  });
});

function message(number: number, previous = 0, topic = "t") {
  return { topic, number, previous, body: number };
}

describe("Inbox", () => {
  test("delivers in order, and nothing twice", () => {
    for (const number of [1, 2, 2, 1, 3]) inbox.take(message(number), 0);
    expect([delivered, inbox.duplicateCount]).toEqual([[1, 2, 3], 2]);
  });

  test("asks for what a gap shows to be missing, and delivers in order afterwards", () => {
    inbox.take(message(1), 0);
    inbox.take(message(4, 3), 0);
    expect([delivered, pulls]).toEqual([[1], [1]]);
    inbox.pulled([message(2, 1), message(3, 2), message(4, 3)], 0, true);
    expect(delivered).toEqual([1, 2, 3, 4]);
  });

  test("takes a number that jumps for no gap if the sender published on other topics", () => {
    inbox.take(message(1), 0);
    inbox.take(message(9, 1), 0);
    expect([delivered, pulls]).toEqual([[1, 9], []]);
  });

  test("asks when a beat of the sender was missed", () => {
    inbox.beat(1, 5, 0, 0);
    inbox.beat(2, 6, 0, 1000);
    inbox.beat(5, 9, 0, 4000);
    expect(pulls).toEqual([5]);
  });

  test("asks for what the sender says that the broker may not have had", () => {
    inbox.beat(1, 5, 4, 0);
    expect(pulls).toEqual([3]);
  });

  test("asks once the sender is heard after this node was cut off", () => {
    inbox.beat(1, 5, 0, 0);
    inbox.suspect();
    expect(pulls).toEqual([]);
    inbox.take(message(7), 0);
    expect([pulls, delivered]).toEqual([[5], []]);
    inbox.pulled([message(6)], 0, true);
    expect(delivered).toEqual([6, 7]);
  });

  test("asks again if there is no answer, and then goes on and counts", () => {
    inbox.take(message(1), 0);
    inbox.take(message(4, 3), 0);
    for (const nowMs of [2000, 4000, 6000]) inbox.tick(nowMs);
    expect([pulls.length, delivered, inbox.missedCount]).toEqual([3, [1, 4], 1]);
  });

  test("counts what the sender had no longer", () => {
    inbox.take(message(1), 0);
    inbox.take(message(9, 8), 0);
    inbox.pulled([message(7), message(8, 7)], 5, true);
    expect([delivered, inbox.missedCount]).toEqual([[1, 7, 8, 9], 5]);
  });
});

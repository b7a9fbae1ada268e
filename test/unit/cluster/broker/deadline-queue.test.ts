import { expect, test } from "bun:test";
import { DeadlineQueue, type Waiting } from "../../../../src/cluster/broker/deadline-queue.ts";

class Item implements Waiting {
  readonly dueMs: number;
  isSettled = false;
  isExpired = false;

  constructor(inMs: number) {
    this.dueMs = performance.now() + inMs;
  }

  expire(): void {
    this.isSettled = true;
    this.isExpired = true;
  }
}

test("a deadline queue calls off what is due and nothing else", async () => {
  const queue = new DeadlineQueue();
  const [settled, due, later] = [new Item(10), new Item(20), new Item(60_000)];
  for (const item of [settled, due, later]) queue.add(item);
  settled.isSettled = true;
  while (!due.isExpired) await Bun.sleep(5);
  expect([settled.isExpired, later.isExpired]).toEqual([false, false]);
  expect(performance.now()).toBeGreaterThanOrEqual(due.dueMs);
  queue.clear();
});

test("a deadline queue takes more than a thousand, of which many are over", async () => {
  const queue = new DeadlineQueue();
  const items = Array.from({ length: 5000 }, () => new Item(20));
  for (const [index, item] of items.entries()) {
    queue.add(item);
    item.isSettled = index % 2 === 0;
  }
  while (items.at(-1)?.isExpired === false) await Bun.sleep(5);
  expect(items.filter(({ isExpired }) => isExpired).length).toBe(2500);
});

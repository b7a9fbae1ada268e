import { expect, test } from "bun:test";
import { type ConditionChange, Conditions } from "../../../src/webhook/conditions.ts";
import type { Delivery } from "../../../src/webhook/delivery.ts";
import { FakeClock } from "../queue/fake-clock.ts";

function delivery(routeId: string): Delivery {
  return {
    appId: "3",
    routeId,
    url: "https://user:word@hooks.example/hook?token=x",
    headers: [],
    key: "key",
    signature: "signature",
    body: "{}",
    kinds: ["cache_miss"],
  };
}

test("Conditions log each change of an endpoint once, without secrets in its address", async () => {
  const clock = new FakeClock();
  const changes: ConditionChange[] = [];
  const conditions = new Conditions(clock, (change) => changes.push(change));
  const [first, other] = [delivery("first"), delivery("other")];
  conditions.note(first, "working", null);
  conditions.note(first, "failing", "status 500");
  conditions.note(first, "failing", "status 502");
  conditions.note(other, "refused", "private");
  conditions.note(other, "refused", "private");
  await clock.advance(1500);
  conditions.note(first, "working", null);
  conditions.note(first, "working", null);
  conditions.note(other, "failing", "ECONNREFUSED");
  conditions.note(first, "failing", "status 500");
  expect(changes.map(({ condition, reason, afterMs }) => [condition, reason, afterMs])).toEqual([
    ["failing", "status 500", null],
    ["refused", "private", null],
    ["working", null, 1500],
    ["failing", "ECONNREFUSED", 1500],
    ["failing", "status 500", null],
  ]);
  expect(new Set(changes.map(({ url }) => url))).toEqual(new Set(["https://hooks.example/hook"]));
});

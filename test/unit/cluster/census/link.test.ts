// The two ends of a link: in order, nothing lost unnoticed, long lists in parts.
import { expect, test } from "bun:test";
import { LinkReceiver, LinkSender, type LinkMessage } from "../../../../src/cluster/census/link.ts";
import type { Operation } from "../../../../src/cluster/census/operations.ts";

function senderInto(messages: LinkMessage[], firstStream = 1): LinkSender {
  return new LinkSender(firstStream, (message) => messages.push(message));
}

function part(key: string): Operation {
  return ["part", key, 1, 0, [], []];
}

/** Sends each operation in a message of its own. */
function sendAll(sender: LinkSender, ...keys: readonly string[]): void {
  for (const key of keys) {
    sender.push(part(key));
    sender.flush();
  }
}

test("operations arrive in order, and once", () => {
  const messages: LinkMessage[] = [];
  sendAll(senderInto(messages), "a", "b");
  const receiver = new LinkReceiver();
  const [first, second] = messages;
  if (first === undefined || second === undefined) throw new Error("two messages must be sent");
  expect(receiver.take(first)).toEqual([part("a")]);
  expect(receiver.take(first)).toEqual([]);
  expect(receiver.take(second)).toEqual([part("b")]);
});

test("a lost message breaks the link until a new stream begins", () => {
  const messages: LinkMessage[] = [];
  const sender = senderInto(messages);
  sendAll(sender, "a", "b", "c");
  sender.restart();
  sendAll(sender, "d");
  const receiver = new LinkReceiver();
  const taken = messages.filter((_, index) => index !== 1).map((each) => receiver.take(each));
  expect(taken).toEqual([[part("a")], null, [["begin"], part("d")]]);
  expect(receiver.isWhole).toBe(true);
});

test("messages of an earlier stream are ignored", () => {
  const [old, young]: LinkMessage[][] = [[], []];
  sendAll(senderInto(old ?? [], 1), "a");
  sendAll(senderInto(young ?? [], 2), "b");
  const receiver = new LinkReceiver();
  for (const message of [...(young ?? []), ...(old ?? [])]) receiver.take(message);
  expect(receiver.check(2, 1)).toBe(true);
});

test("check() notices that the last message was lost", () => {
  const messages: LinkMessage[] = [];
  const sender = senderInto(messages);
  sendAll(sender, "a", "b");
  const receiver = new LinkReceiver();
  if (messages[0] !== undefined) receiver.take(messages[0]);
  expect(receiver.check(1, 1)).toBe(true);
  expect(receiver.check(sender.stream, sender.number)).toBe(false);
  expect(receiver.isWhole).toBe(false);
});

test("a long list is sent in parts, and one that is lost breaks the link", () => {
  const messages: LinkMessage[] = [];
  const sender = senderInto(messages);
  const operations = Array.from({ length: 20_000 }, (_, index) => part(`c:app:channel-${index}`));
  for (const operation of operations) sender.push(operation);
  sender.flush();
  expect(messages.length).toBeGreaterThan(2);
  const whole = new LinkReceiver();
  expect(messages.map((each) => whole.take(each)).at(-1)).toEqual(operations);
  const holed = new LinkReceiver();
  expect(messages.filter((_, index) => index !== 1).map((each) => holed.take(each))).toContain(
    null,
  );
});

test.each(["not JSON", "{}", '[["unknown"]]', '[["part","key",-1,0,[],[]]]'])(
  "parts that make up %s break the link",
  (text) => {
    const receiver = new LinkReceiver();
    const message = { stream: 1, number: 1, content: { text, isLast: true } };
    expect(receiver.take(message)).toBeNull();
    expect(receiver.isWhole).toBe(false);
  },
);

test("changes of one view are joined, unless a member comes and goes", () => {
  const messages: LinkMessage[] = [];
  const sender = senderInto(messages);
  sender.push(["view", "key", 1, [["ann", null]], []]);
  sender.push(["view", "key", 2, [["bob", null]], []]);
  sender.push(["view", "key", 1, [], ["ann"]]);
  sender.flush();
  expect(messages[0]?.content).toEqual([
    [
      "view",
      "key",
      2,
      [
        ["ann", null],
        ["bob", null],
      ],
      [],
    ],
    ["view", "key", 1, [], ["ann"]],
  ]);
});

test("restart() keeps what is only carried: no state repeats it", () => {
  const messages: LinkMessage[] = [];
  const sender = senderInto(messages);
  sender.push(part("a"));
  sender.push(["carried", "a", 1]);
  sender.restart();
  sender.flush();
  expect(messages[0]?.content).toEqual([["begin"], ["carried", "a", 1]]);
});

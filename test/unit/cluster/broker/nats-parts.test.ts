import { describe, expect, test } from "bun:test";
import { MAX_MESSAGE_BYTES } from "../../../../src/cluster/broker/bounds.ts";
import { partsOf, PartsReader } from "../../../../src/cluster/broker/nats-parts.ts";

const bytes = Buffer.from("0123456789");

describe("parts of a message", () => {
  test("are as long as allowed, and are put together again", () => {
    const parts = partsOf(bytes, 4, "n_1");
    expect(parts.map(({ label }) => label)).toEqual([
      "part.n_1.0.3",
      "part.n_1.1.3",
      "part.n_1.2.3",
    ]);
    const reader = new PartsReader();
    const read = parts.map((part) => reader.read(part.label, part.bytes));
    expect(read).toEqual([undefined, undefined, bytes]);
  });

  test("of two senders may be mixed", () => {
    const reader = new PartsReader();
    const [one, two] = [partsOf(bytes, 5, "n_1"), partsOf(bytes, 5, "m_1")];
    const mixed = one.flatMap((part, index) => [part, two[index] ?? part]);
    expect(mixed.map(({ label, bytes: part }) => reader.read(label, part)?.length)).toEqual([
      undefined,
      undefined,
      10,
      10,
    ]);
  });

  test("that do not fit together are dropped", () => {
    const reader = new PartsReader();
    const [first, second, third] = partsOf(bytes, 4, "n_1");
    expect(reader.read(second?.label ?? "", bytes)).toBeUndefined();
    expect(reader.read(first?.label ?? "", bytes)).toBeUndefined();
    expect(reader.read(third?.label ?? "", bytes)).toBeUndefined();
    expect(reader.read(second?.label ?? "", bytes)).toBeUndefined();
    for (const label of ["", "part", "part.x.0", "part.a.b.c", "part.n.1.1", "_INBOX.a.0.1"])
      expect(reader.read(label, bytes)).toBeUndefined();
  });

  test("of more messages than 64 are not kept", () => {
    const reader = new PartsReader();
    const messages = Array.from({ length: 65 }, (_, index) => partsOf(bytes, 5, `n_${index}`));
    for (const [first] of messages) reader.read(first?.label ?? "", bytes);
    const whole = messages.map(([, last]) => reader.read(last?.label ?? "", bytes) !== undefined);
    expect(whole.indexOf(true)).toBe(1);
    expect(whole.filter(Boolean).length).toBe(64);
  });

  test("of a message that is too long are not kept", () => {
    const reader = new PartsReader();
    const big = Buffer.alloc(MAX_MESSAGE_BYTES / 2 + 1);
    for (const part of ["part.n.0.2", "part.n.1.2"]) expect(reader.read(part, big)).toBeUndefined();
  });
});

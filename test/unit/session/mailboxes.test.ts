import { describe, expect, test } from "bun:test";
import { Mailboxes } from "../../../src/session/mailboxes.ts";

const LIMITS = { maxBytes: 1000, maxTotalBytes: 1500 };
/** 100 bytes together with the overhead of a frame. */
const TEXT = "x".repeat(36);

function filled(name: string, count: number, mailboxes: Mailboxes<string>): string | null {
  let closing: string | null = null;
  for (let frame = 0; frame < count; frame++) closing = mailboxes.put(name, TEXT) ?? closing;
  return closing;
}

describe("Mailboxes", () => {
  test("return frames in order, and are removed when they are empty", () => {
    const mailboxes = new Mailboxes<string>({ maxBytes: 1_000_000, maxTotalBytes: 1_000_000 });
    const texts = Array.from({ length: 3000 }, (_, index) => `frame ${index}`);
    for (const text of texts) mailboxes.put("a", text);
    mailboxes.startEmptying("a");
    expect(texts.map(() => mailboxes.take("a"))).toEqual(texts);
    expect(mailboxes.take("a")).toBeNull();
    mailboxes.release("a");
    expect([...mailboxes.connections]).toEqual([]);
  });

  test("name the connection that has too many frames for one", () => {
    const mailboxes = new Mailboxes<string>(LIMITS);
    expect(filled("a", 10, mailboxes)).toBeNull();
    expect(mailboxes.put("a", TEXT)).toBe("a");
  });

  test("name the connection with the most if all have too many together", () => {
    const mailboxes = new Mailboxes<string>(LIMITS);
    expect(filled("many", 9, mailboxes)).toBeNull();
    for (const few of ["b", "c"]) expect(filled(few, 3, mailboxes)).toBeNull();
    expect(mailboxes.put("d", TEXT)).toBe("many");
    mailboxes.drop("many");
    expect(mailboxes.put("d", TEXT)).toBeNull();
  });

  test("are emptied by one caller at a time", () => {
    const mailboxes = new Mailboxes<string>(LIMITS);
    expect(mailboxes.startEmptying("a")).toBe(false);
    mailboxes.put("a", TEXT);
    expect([mailboxes.startEmptying("a"), mailboxes.startEmptying("a")]).toEqual([true, false]);
    // Even if the waiting frame was taken and another one arrives.
    mailboxes.take("a");
    mailboxes.put("a", TEXT);
    expect(mailboxes.startEmptying("a")).toBe(false);
    mailboxes.release("a");
    expect(mailboxes.startEmptying("a")).toBe(true);
    mailboxes.take("a");
    mailboxes.release("a");
    expect(mailboxes.has("a")).toBe(false);
  });
});

import { describe, expect, test } from "bun:test";
import { Mailboxes } from "../../../src/session/mailboxes.ts";

const LIMITS = { maxBytes: 1000, maxTotalBytes: 1500 };
/** With what one frame takes beside its text, 100 bytes. */
const TEXT = "x".repeat(36);

function filled(name: string, count: number, mailboxes: Mailboxes<string>): string | null {
  let closing: string | null = null;
  for (let frame = 0; frame < count; frame++) closing = mailboxes.put(name, TEXT) ?? closing;
  return closing;
}

describe("Mailboxes", () => {
  test("give frames back in their order, and are gone with the last", () => {
    const mailboxes = new Mailboxes<string>({ maxBytes: 1_000_000, maxTotalBytes: 1_000_000 });
    const texts = Array.from({ length: 3000 }, (_, index) => `frame ${index}`);
    for (const text of texts) mailboxes.put("a", text);
    const taken: (string | null)[] = [];
    while (mailboxes.has("a")) taken.push(mailboxes.take("a"));
    expect(taken).toEqual(texts);
    expect([mailboxes.take("a"), [...mailboxes.connections]]).toEqual([null, []]);
  });

  test("name the connection whose frames are too many for one", () => {
    const mailboxes = new Mailboxes<string>(LIMITS);
    expect(filled("a", 10, mailboxes)).toBeNull();
    expect(mailboxes.put("a", TEXT)).toBe("a");
  });

  test("name the one with the most when they are too many together", () => {
    const mailboxes = new Mailboxes<string>(LIMITS);
    expect(filled("many", 9, mailboxes)).toBeNull();
    for (const few of ["b", "c"]) expect(filled(few, 3, mailboxes)).toBeNull();
    expect(mailboxes.put("d", TEXT)).toBe("many");
    mailboxes.drop("many");
    expect(mailboxes.put("d", TEXT)).toBeNull();
  });

  test("are emptied by one at a time", () => {
    const mailboxes = new Mailboxes<string>(LIMITS);
    expect(mailboxes.begin("a")).toBe(false);
    mailboxes.put("a", TEXT);
    expect([mailboxes.begin("a"), mailboxes.begin("a")]).toEqual([true, false]);
    mailboxes.rest("a");
    expect(mailboxes.begin("a")).toBe(true);
  });
});

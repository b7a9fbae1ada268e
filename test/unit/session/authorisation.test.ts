import { expect, test } from "bun:test";
import { AuthorisationQueue } from "../../../src/session/authorisation.ts";

function connection(authorised: boolean) {
  const closes: number[] = [];
  return {
    authorised,
    closes,
    close: ({ code }: { code: number | null }) => void closes.push(code ?? 0),
  };
}

test("connections that have not authorised themselves in time are closed, and none is kept longer", () => {
  const queue = new AuthorisationQueue(3);
  const [early, authorised, late] = [connection(false), connection(true), connection(false)];
  for (const each of [early, authorised]) queue.add(each);
  queue.advance();
  queue.add(late);
  queue.advance();
  expect(early.closes).toEqual([]);
  queue.advance();
  expect([early.closes, authorised.closes, late.closes, queue.size]).toEqual([[4009], [], [], 1]);
  queue.advance();
  expect([late.closes, queue.size]).toEqual([[4009], 0]);
});

test("a connection that has ended is removed at once", () => {
  const queue = new AuthorisationQueue(86_400);
  const gone = connection(false);
  queue.add(gone);
  queue.remove(gone);
  expect(queue.size).toBe(0);
});

import { expect, test } from "bun:test";
import { Answers } from "../../../src/compose/answers.ts";

test("an answer belongs to its question", async () => {
  const answers = new Answers<string>();
  const [first, second] = [answers.expect(1000), answers.expect(1000)];
  answers.take(second.number, "two");
  answers.take(first.number, "one");
  expect(await Promise.all([first.answer, second.answer])).toEqual(["one", "two"]);
});

test("a question without an answer ends, and an answer that is late or unasked for changes nothing", async () => {
  const answers = new Answers<string>();
  const { number, answer } = answers.expect(5);
  expect(await answer).toBeNull();
  answers.take(number, "late");
  answers.take(99, "unasked for");
});

import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { type OfSubject, Subjects } from "../../../src/webhook/subjects.ts";

test("Subjects keep one entry for each subject, as a map does", () => {
  const name = fc.constantFrom("channel", "count", "member a", "member b", null);
  const step = fc.record({ subject: name, remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const subjects = new Subjects<OfSubject>();
      const model = new Map<string, OfSubject>();
      for (const { subject, remove } of steps) {
        const entry: OfSubject = { subject };
        if (subject === null) subjects.set(entry);
        else if (remove) {
          const kept = model.get(subject);
          // Deleting an entry that was replaced must not delete its replacement.
          subjects.delete(entry);
          if (kept !== undefined) subjects.delete(kept);
          model.delete(subject);
        } else {
          subjects.set(entry);
          model.set(subject, entry);
        }
        for (const each of ["channel", "count", "member a", "member b", "miss"])
          expect(subjects.get(each)).toBe(model.get(each) ?? null);
      }
    }),
  );
});

// Judges webhooks: over all nodes each transition is told exactly once, so coming and going take turns, and
// the newest is what is true now.
import type { HookEvent } from "../../harness/hook-receiver.ts";
import type { Complaint } from "./complaint.ts";
import { isThere, type Journal } from "./journal.ts";

/** Each event of a transition, and whether it tells that something is there from now on. */
const TRANSITIONS: ReadonlyMap<unknown, boolean> = new Map([
  ["channel_occupied", true],
  ["channel_vacated", false],
  ["member_added", true],
  ["member_removed", false],
]);

/** What is wrong with the webhooks of all nodes, in the order in which they came. */
export function judgeWebhooks(
  events: readonly HookEvent[],
  journal: Journal,
): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const told = new Set<string>();
  for (const event of events) {
    const comes = TRANSITIONS.get(event["name"]);
    if (comes === undefined) continue;
    const subject = subjectOf(event["channel"], event["user_id"]);
    if (told.has(subject) === comes)
      complaints.push({ rule: "webhook", text: `${String(event["name"])} came again: ${subject}` });
    if (comes) told.add(subject);
    else told.delete(subject);
  }
  const right = new Set(
    journal.stays
      .filter((stay) => isThere(stay) && !stay.channel.startsWith("#"))
      .flatMap(({ channel, userId }) => [
        subjectOf(channel),
        ...(userId === null ? [] : [subjectOf(channel, userId)]),
      ]),
  );
  for (const subject of right.symmetricDifference(told)) {
    const what = right.has(subject) ? "is there" : "has gone";
    complaints.push({ rule: "webhook", text: `no webhook told that ${subject} ${what}` });
  }
  return complaints;
}

function subjectOf(channel: unknown, userId?: unknown): string {
  return typeof userId === "string" ? `${userId} on ${String(channel)}` : String(channel);
}

// What a client does with an event of a channel it is on, or of its watchlist: it goes into the journal.
import { isObject, parseObject } from "../../harness/json.ts";
import type { Stay } from "./journal.ts";

/** Takes an event. True when it is what the stay waited for: the success, with the roster. */
export function takeEvent(stay: Stay, event: string, data: unknown): boolean {
  switch (event) {
    case "pusher_internal:subscription_succeeded":
      return succeed(stay, rosterOf(parseObject(data)));
    case "pusher:signin_success":
      // Who watches nobody has no more to wait for; others are told next who is online.
      return stay.watched?.size === 0 && succeed(stay, []);
    case "pusher_internal:watchlist_events":
      return takeWatchlist(stay, parseObject(data)["events"]);
  }
  if (stay.succeededMs === null) {
    stay.early.push(event);
    return false;
  }
  switch (event) {
    case "pusher_internal:member_added":
      noteMember(stay, "added", String(parseObject(data)["user_id"]));
      break;
    case "pusher_internal:member_removed":
      noteMember(stay, "removed", String(parseObject(data)["user_id"]));
      break;
    case "pusher_internal:subscription_count":
      stay.count = Number(parseObject(data)["subscription_count"]);
      break;
    default:
      noteArrival(stay, typeof data === "string" ? parseObject(data) : data);
  }
  return false;
}

function succeed(stay: Stay, roster: readonly string[]): boolean {
  stay.succeededMs = performance.now();
  stay.roster = roster;
  return true;
}

function rosterOf({ presence }: Readonly<Record<string, unknown>>): readonly string[] {
  if (!isObject(presence) || !Array.isArray(presence["ids"])) return [];
  return presence["ids"].map(String);
}

/** The first event is the present state, the later ones are changes. */
function takeWatchlist(stay: Stay, events: unknown): boolean {
  const online: string[] = [];
  const isFirst = stay.succeededMs === null;
  for (const { name, user_ids: ids } of Array.isArray(events) ? events : [])
    for (const id of Array.isArray(ids) ? ids.map(String) : []) {
      if (!isFirst) noteMember(stay, name === "online" ? "added" : "removed", id);
      else if (name === "online") online.push(id);
    }
  return isFirst && succeed(stay, online);
}

function noteMember(stay: Stay, kind: "added" | "removed", userId: string): void {
  stay.memberEvents.push({ kind, userId, atMs: performance.now() });
}

/** Events of others than this oracle are not counted. */
function noteArrival(stay: Stay, data: unknown): void {
  if (!isObject(data) || typeof data["lane"] !== "string") return;
  stay.arrivals.push({
    lane: data["lane"],
    number: Number(data["number"]),
    atMs: performance.now(),
  });
}

// Judges member events, and the events of watchlists, which follow the same rules: none before the
// success, each one a change of the view, nobody announced as gone who stayed, and nobody forgotten.
import { type Complaint, seconds } from "./complaint.ts";
import { nameOf } from "./deliveries.ts";
import type { Journal, MemberEvent, Stay } from "./journal.ts";

/** How strictly member events are judged. */
export interface MemberTerms {
  /** A user who stays for less may come and go unannounced, and an observer hears of others within this time. */
  readonly settleMs: number;
  /** A node that stood still for longer than the death time, and its users: observers elsewhere may hear once that they went. */
  readonly stoodStill?: { readonly node: string; readonly userIds: ReadonlySet<string> };
}

/** An observer hears of others so late, at most: what it holds, and what it is told, was true within this time before. */
const LATE_MS = 1000;
/** The server ends a connection, and tells the others, before the client knows. */
const CLOSING_MS = 500;

/** A time in which a user was on a channel without a gap. */
interface Presence {
  /** Others may be told from then on. */
  readonly askedMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** When each user was on each channel. */
type Truth = ReadonlyMap<string, ReadonlyMap<string, readonly Presence[]>>;

/** What is wrong with the member events. */
export function judgeMembers(journal: Journal, terms: MemberTerms): readonly Complaint[] {
  const truth = truthOf(journal.stays);
  return journal.stays.flatMap((stay) => {
    const users = truth.get(stay.channel) ?? new Map<string, readonly Presence[]>();
    return [
      ...judgeEarly(stay),
      ...judgeChanges(stay, users, { ...terms, lateMs: LATE_MS + journal.lagMs }),
      ...judgeForgotten(stay, users, terms),
    ];
  });
}

function judgeEarly(stay: Stay): readonly Complaint[] {
  return stay.early.map((event) => ({
    rule: "early",
    text: `${nameOf(stay)} got ${event} before its subscription succeeded`,
  }));
}

/** Each event changes the view, and nobody is announced as gone who was there all the time. */
function judgeChanges(
  stay: Stay,
  users: ReadonlyMap<string, readonly Presence[]>,
  { stoodStill, lateMs }: MemberTerms & { readonly lateMs: number },
): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const forgiven = new Set(stay.node === stoodStill?.node ? [] : stoodStill?.userIds);
  /** Who is in the view, and since when. */
  const since = new Map(stay.roster.map((userId) => [userId, stay.succeededMs ?? 0]));
  for (const { kind, userId, atMs } of stay.memberEvents) {
    const enteredMs = since.get(userId);
    const isChange = (kind === "removed") === (enteredMs !== undefined);
    if (!isChange)
      complaints.push({ rule: "repeated announcement", text: said(stay, kind, userId, atMs) });
    else if (enteredMs !== undefined && wasThere(users.get(userId), { enteredMs, atMs, lateMs })) {
      // The first is forgiven, so that it is counted once for each observer.
      if (!forgiven.delete(userId))
        complaints.push({
          rule: "false removal",
          text: `${said(stay, kind, userId, atMs)}, in the view since ${seconds(enteredMs)}; there ${timesOf(users.get(userId))}`,
        });
    }
    if (kind === "added") since.set(userId, atMs);
    else since.delete(userId);
  }
  return complaints;
}

function said(stay: Stay, kind: MemberEvent["kind"], userId: string, atMs: number): string {
  return `${nameOf(stay)} was told at ${seconds(atMs)} that ${userId} was ${kind}`;
}

function timesOf(presences: readonly Presence[] = []): string {
  return presences
    .map(({ askedMs, toMs }) => `from ${seconds(askedMs)} to ${seconds(toMs)}`)
    .join(", ");
}

/** Whether the user was there from the time when it came into the view, without a gap, and stayed. */
function wasThere(
  presences: readonly Presence[] = [],
  { enteredMs, atMs, lateMs }: Readonly<Record<"enteredMs" | "atMs" | "lateMs", number>>,
): boolean {
  // Who came into the view before it asked to be there did so for an earlier presence.
  const stayed = presences.some(
    ({ askedMs, toMs }) => askedMs <= enteredMs && toMs > atMs + CLOSING_MS,
  );
  const went = presences.some(({ toMs }) => toMs >= enteredMs - lateMs && toMs <= atMs);
  return stayed && !went;
}

/** Users who came or went long enough ago while this client was there, and of whom it was not told. */
function judgeForgotten(
  stay: Stay,
  users: ReadonlyMap<string, readonly Presence[]>,
  { settleMs }: MemberTerms,
): readonly Complaint[] {
  const { succeededMs, watched, userId: self } = stay;
  if (succeededMs === null || (watched === null && self === null)) return [];
  const complaints: Complaint[] = [];
  for (const [userId, presences] of users) {
    if (watched !== null && !watched.has(userId)) continue;
    for (const presence of presences) {
      if (presence.toMs - presence.fromMs < settleMs) continue;
      const isShortGap = (fromMs: number, toMs: number): boolean =>
        toMs > fromMs && toMs - fromMs < settleMs;
      // Who is away for a short time need not have been gone for the others.
      const wasBack = presences.some(({ toMs }) => isShortGap(toMs, presence.fromMs));
      const comesBack = presences.some(({ fromMs }) => isShortGap(presence.toMs, fromMs));
      const missed = [
        ...(!wasBack && missedComing(stay, userId, presence, settleMs) ? ["came"] : []),
        ...(!comesBack && missedGoing(stay, userId, presence, settleMs) ? ["went"] : []),
      ];
      for (const what of missed)
        complaints.push({
          rule: "unannounced",
          text: `${nameOf(stay)} was not told that ${userId} ${what}: there from ${seconds(presence.fromMs)} to ${seconds(presence.toMs)}`,
        });
    }
  }
  return complaints;
}

function missedComing(
  stay: Stay,
  userId: string,
  { askedMs, fromMs }: Presence,
  settleMs: number,
): boolean {
  const { succeededMs, leftMs, roster } = stay;
  if (succeededMs === null || fromMs <= succeededMs) return false;
  if (fromMs + settleMs >= (leftMs ?? performance.now())) return false;
  return !roster.includes(userId) && !isTold(stay, "added", userId, askedMs, fromMs + settleMs);
}

function missedGoing(stay: Stay, userId: string, { toMs }: Presence, settleMs: number): boolean {
  const { succeededMs, leftMs } = stay;
  if (succeededMs === null || toMs <= succeededMs + settleMs) return false;
  if (toMs + settleMs >= (leftMs ?? performance.now())) return false;
  return !isTold(stay, "removed", userId, toMs - CLOSING_MS, toMs + settleMs);
}

function isTold(
  { memberEvents }: Stay,
  kind: MemberEvent["kind"],
  userId: string,
  fromMs: number,
  toMs: number,
): boolean {
  return memberEvents.some(
    (event) =>
      event.kind === kind && event.userId === userId && event.atMs >= fromMs && event.atMs <= toMs,
  );
}

/** The presences of all users: their connections that overlap are one. */
function truthOf(stays: readonly Stay[]): Truth {
  const truth = new Map<string, Map<string, Presence[]>>();
  const inOrder = stays
    .filter(({ userId, succeededMs }) => userId !== null && succeededMs !== null)
    .toSorted((a, b) => (a.succeededMs ?? 0) - (b.succeededMs ?? 0));
  for (const { channel, userId, askedMs, succeededMs, leftMs } of inOrder) {
    const users = truth.get(channel) ?? new Map<string, Presence[]>();
    truth.set(channel, users);
    const presences = users.get(userId ?? "") ?? [];
    users.set(userId ?? "", presences);
    const next = { askedMs, fromMs: succeededMs ?? 0, toMs: leftMs ?? Infinity };
    const last = presences.at(-1);
    if (last === undefined || next.fromMs > last.toMs) presences.push(next);
    else presences[presences.length - 1] = { ...last, toMs: Math.max(last.toMs, next.toMs) };
  }
  return truth;
}

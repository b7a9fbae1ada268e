// Judges deliveries: every publication that was accepted reaches every client that was subscribed before
// it was sent and stays long enough, once, and in the order of its lane.
import { type Complaint, type Rule, seconds } from "./complaint.ts";
import type { Journal, Sending, Stay } from "./journal.ts";

/** A time in which a node stood still: what is sent then need not reach its clients. */
export interface Standstill {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How strictly deliveries are judged. */
export interface DeliveryTerms {
  /** A client that leaves within this time after the answer need not have got it: it was on the way. */
  readonly flightMs: number;
  readonly standstills?: readonly Standstill[];
}

/** What is wrong with the deliveries. Only for a journal into which nothing comes any more. */
export function judgeDeliveries(journal: Journal, terms: DeliveryTerms): readonly Complaint[] {
  const byChannel = Map.groupBy(journal.sendings, ({ channel }) => channel);
  return journal.stays.flatMap((stay) => {
    const sendings = byChannel.get(stay.channel) ?? [];
    return [...judgeArrivals(stay, sendings), ...judgeLosses(stay, sendings, terms)];
  });
}

/** Duplicates, wrong order, and what nobody has sent. */
function judgeArrivals(stay: Stay, sendings: readonly Sending[]): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (rule: Rule, { lane, number, atMs }: Stay["arrivals"][number]): void => {
    complaints.push({ rule, text: `${nameOf(stay)} got ${lane}#${number} at ${seconds(atMs)}` });
  };
  const known = new Set(sendings.map(keyOf));
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  for (const arrival of stay.arrivals) {
    const key = keyOf(arrival);
    const last = newest.get(arrival.lane) ?? -1;
    if (!known.has(key)) complain("unknown", arrival);
    else if (seen.has(key)) complain("duplicate", arrival);
    else if (arrival.number < last) complain("order", arrival);
    seen.add(key);
    newest.set(arrival.lane, Math.max(last, arrival.number));
  }
  return complaints;
}

function judgeLosses(
  stay: Stay,
  sendings: readonly Sending[],
  terms: DeliveryTerms,
): readonly Complaint[] {
  const seen = new Set(stay.arrivals.map(keyOf));
  return sendings
    .filter((sending) => mustReach(stay, sending, terms) && !seen.has(keyOf(sending)))
    .map((sending) => ({
      rule: "lost",
      text: `${nameOf(stay)} did not get ${keyOf(sending)}, sent to node ${sending.node} at ${seconds(sending.sentMs)}`,
    }));
}

function mustReach(stay: Stay, sending: Sending, terms: DeliveryTerms): boolean {
  const { succeededMs, leftMs, client, node } = stay;
  const { sentMs, answeredMs, status, sender } = sending;
  if (status !== 200 || answeredMs === null || sender === client) return false;
  if (succeededMs === null || sentMs <= succeededMs) return false;
  if (leftMs !== null && leftMs < answeredMs + terms.flightMs) return false;
  return !terms.standstills?.some(
    (still) => still.node === node && sentMs >= still.fromMs && sentMs <= still.toMs,
  );
}

/** What is wrong with the answers to publishes: each is answered with 200 within so long, unless its node could not. */
export function judgeAnswers(
  { sendings }: Journal,
  maxMs: number,
  excused: (sending: Sending) => boolean = () => false,
): readonly Complaint[] {
  return sendings
    .filter(
      (sending) =>
        (sending.status !== 200 || (sending.answeredMs ?? Infinity) - sending.sentMs > maxMs) &&
        !excused(sending),
    )
    .map(({ lane, number, node, sentMs, answeredMs, status }) => ({
      rule: "answer",
      text: `${lane}#${number}, sent to node ${node} at ${seconds(sentMs)}, was answered ${status} after ${answeredMs === null ? "ever" : seconds(answeredMs - sentMs)}`,
    }));
}

function keyOf({ lane, number }: Pick<Sending, "lane" | "number">): string {
  return `${lane}#${number}`;
}

/** A stay in a complaint. */
export function nameOf({ client, node, channel, userId }: Stay): string {
  return `${client}${userId === null ? "" : ` (${userId})`} on ${channel} at node ${node}`;
}

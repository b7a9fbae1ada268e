// What clients of a cluster saw and what was published to it, with the times, as plain values. It only
// records; the judges beside it say what is wrong with it. All times are of `performance.now`.

/** Something that was published. Who publishes through several nodes has a lane for each, since only one lane has an order. */
export interface Sending {
  readonly lane: string;
  /** Rises by one within a lane. */
  readonly number: number;
  readonly channel: string;
  /** The node that it was given to. */
  readonly node: string;
  /** The client that sent it and does not get it back, or null for a publish of the API. */
  readonly sender: string | null;
  readonly sentMs: number;
  /** Null while there is no answer. A client event has none, and counts as answered at once. */
  answeredMs: number | null;
  /** The status of the answer; 0 when there was none, null while it is under way. */
  status: number | null;
}

/** A publication that a client received. */
export interface Arrival {
  readonly lane: string;
  readonly number: number;
  readonly atMs: number;
}

/** A member event that a client received. */
export interface MemberEvent {
  readonly kind: "added" | "removed";
  readonly userId: string;
  readonly atMs: number;
}

/** One subscription of one connection, from its request to its end. */
export interface Stay {
  /** The connection; unique. */
  readonly client: string;
  readonly node: string;
  readonly channel: string;
  /** Who the client is; null on channels without members. */
  readonly userId: string | null;
  /** The users that it is told of; null for all members of the channel. */
  readonly watched: ReadonlySet<string> | null;
  readonly askedMs: number;
  succeededMs: number | null;
  /** When the client asked to leave or its connection ended; null while it is there. */
  leftMs: number | null;
  /** The members that the success told. */
  roster: readonly string[];
  /** The newest subscription count that it was told. */
  count: number | null;
  readonly memberEvents: MemberEvent[];
  readonly arrivals: Arrival[];
  /** Names of events of the channel that came before the success. */
  readonly early: string[];
}

/** The pseudo-channel of signed-in users. A client that has a watchlist is told of those on it. */
export const SIGNED_IN = "#signed-in";

/** Everything that happened. */
export class Journal {
  readonly stays: Stay[] = [];
  readonly sendings: Sending[] = [];
  /** What should not have happened at all, such as a refused subscription. */
  readonly accidents: string[] = [];
  /** How late this process was at worst: what it saw may have come so much earlier. */
  lagMs = 0;

  /** Notes that a client asks to be on a channel. */
  asks(
    who: Pick<Stay, "client" | "node" | "channel" | "userId">,
    watched: Stay["watched"] = null,
  ): Stay {
    const stay: Stay = {
      ...who,
      watched,
      askedMs: performance.now(),
      succeededMs: null,
      leftMs: null,
      roster: [],
      count: null,
      memberEvents: [],
      arrivals: [],
      early: [],
    };
    this.stays.push(stay);
    return stay;
  }

  /** Notes that something is published. */
  sends(what: Pick<Sending, "lane" | "number" | "channel" | "node" | "sender">): Sending {
    const sentMs = performance.now();
    const isAnswered = what.sender !== null;
    const sending: Sending = {
      ...what,
      sentMs,
      answeredMs: isAnswered ? sentMs : null,
      status: isAnswered ? 200 : null,
    };
    this.sendings.push(sending);
    return sending;
  }
}

/** Whether the client is on the channel now. */
export function isThere(stay: Stay): boolean {
  return stay.succeededMs !== null && stay.leftMs === null;
}

/** The members that a client holds, as pusher-js does: those that the success told and what came after. */
export function viewOf({ roster, memberEvents }: Stay): ReadonlySet<string> {
  const view = new Set(roster);
  for (const { kind, userId } of memberEvents) {
    if (kind === "added") view.add(userId);
    else view.delete(userId);
  }
  return view;
}

// Frames of an arbitrary client: valid ones of every kind, correctly signed; the same with mutated text; and
// some that violate the WebSocket protocol.
import { frame, OPCODE, signinText, subscribeText } from "../harness/frames.ts";
import { signSignin, signSubscription } from "../harness/signing.ts";
import { mutated } from "./mutation.ts";
import type { Random } from "./random.ts";

const CHANNELS: readonly [string, ...string[]] = [
  "a",
  "b",
  "c",
  "__proto__",
  "constructor",
  "cache-a",
  "cache-b",
];
const SIGNED: readonly [string, ...string[]] = [
  "private-a",
  "private-b",
  "private-__proto__",
  "private-cache-a",
  "private-encrypted-a",
  "private-encrypted-cache-a",
];
const PRESENCE: readonly [string, ...string[]] = [
  "presence-a",
  "presence-b",
  "presence-cache-a",
  "presence-constructor",
];
const USERS: readonly [string, ...string[]] = ["1", "2", "3", "__proto__", "constructor", "u@x"];
const DELTAS: readonly [unknown, ...unknown[]] = [
  undefined,
  true,
  false,
  "fossil",
  "xdelta3",
  "none",
  null,
  1,
  { enabled: true, algorithm: "xdelta3", format: "compact" },
];
const FILTERS: readonly [unknown, ...unknown[]] = [
  undefined,
  { key: "a", cmp: "eq", val: "1" },
  {
    op: "or",
    nodes: [
      { key: "a", cmp: "ex" },
      { op: "not", nodes: [{ key: "b", cmp: "gt", val: "2" }] },
    ],
  },
  { key: "__proto__", cmp: "in", vals: ["constructor"] },
  { events: ["e"] },
  [],
  "a",
];

/** What is sent to one connection. */
export interface FuzzFrame {
  readonly bytes: Uint8Array;
  /** Whether it ends the connection: a violation of RFC 6455, or a close. */
  readonly deadly: boolean;
}

/** One in this many frames violates the WebSocket protocol, which ends its connection. */
const DEADLY = 400;

/** Makes the next frame for a connection with this socket id. */
export function fuzzFrame(random: Random, socketId: string): FuzzFrame {
  if (random.oneIn(DEADLY)) return { bytes: deadlyBytes(random), deadly: true };
  if (random.oneIn(50)) return { bytes: oddButLegal(random), deadly: false };
  const text = rightText(random, socketId);
  return { bytes: frame(random.below(3) === 0 ? text : mutated(random, text)), deadly: false };
}

/** The text of a frame that a client library could send. */
function rightText(random: Random, socketId: string): string {
  const kind = random.below(100);
  if (kind < 10) return '{"event":"pusher:ping","data":{}}';
  if (kind < 35) return subscription(random);
  if (kind < 55) return unsubscription(random);
  if (kind < 62) return subscribeText(signSubscription(socketId, random.pick(SIGNED)));
  if (kind < 68) return subscribeText(membership(random, socketId));
  if (kind < 70) return signinText(signSignin(socketId, user(random)));
  if (kind < 72) return subscribeText({ channel: `#server-to-user-${random.pick(USERS)}` });
  if (kind < 75)
    return '{"event":"pusher:enable_delta_compression","data":{"algorithms":["xdelta3","fossil"]}}';
  if (kind < 78)
    return JSON.stringify({
      event: "pusher:delta_sync_error",
      data: { channel: random.pick(CHANNELS) },
    });
  if (kind < 92) return clientEvent(random);
  if (kind < 96) return '{"event":"pusher:pong","data":"{}"}';
  return json(random, 4);
}

function subscription(random: Random): string {
  const data = {
    auth: "",
    channel: random.pick(CHANNELS),
    delta: random.pick(DELTAS),
    filter: random.pick(FILTERS),
  };
  return JSON.stringify({
    event: random.oneIn(10) ? "sockudo:subscribe" : "pusher:subscribe",
    data,
  });
}

function unsubscription(random: Random): string {
  const channel = random.pick([random.pick(CHANNELS), random.pick(SIGNED), random.pick(PRESENCE)]);
  return JSON.stringify({ event: "pusher:unsubscribe", data: { channel } });
}

function membership(random: Random, socketId: string): Readonly<Record<string, string>> {
  const member = { user_id: random.pick(USERS), user_info: { name: random.pick(USERS) } };
  const data = random.oneIn(3) ? mutated(random, JSON.stringify(member)) : JSON.stringify(member);
  return signSubscription(socketId, random.pick(PRESENCE), data);
}

function user(random: Random): string {
  const text = JSON.stringify({ id: random.pick(USERS), watchlist: [random.pick(USERS)] });
  return random.oneIn(3) ? mutated(random, text) : text;
}

function clientEvent(random: Random): string {
  const channel = random.pick([random.pick(SIGNED), random.pick(PRESENCE), random.pick(CHANNELS)]);
  return `{"event":"client-${random.pick(USERS)}","channel":"${channel}","data":${json(random, 3)}}`;
}

/** Any JSON, at most so deep. */
export function json(random: Random, depth: number): string {
  const kind = random.below(depth === 0 ? 5 : 8);
  if (kind === 0) return "null";
  if (kind === 1) return String(random.below(1000));
  if (kind < 5) return JSON.stringify(random.pick(USERS));
  const members = Array.from({ length: random.below(4) }, () => json(random, depth - 1));
  if (kind === 5) return `[${members.join(",")}]`;
  return `{${members.map((member) => `${JSON.stringify(random.pick(USERS))}:${member}`).join(",")}}`;
}

/** Legal frames that few clients send. */
function oddButLegal(random: Random): Uint8Array {
  switch (random.below(5)) {
    case 0:
      return frame(random.bytes(random.below(126)), { opcode: OPCODE.ping });
    case 1:
      return frame(random.bytes(random.below(126)), { opcode: OPCODE.pong });
    case 2:
      return frame("x".repeat(random.below(20_000)));
    case 3:
      return frame("");
    default:
      return Buffer.concat([
        frame('{"event":"pusher', { final: false }),
        frame("", { opcode: OPCODE.ping }),
        frame(":ping", { opcode: OPCODE.continuation, final: false }),
        frame('"}', { opcode: OPCODE.continuation }),
      ]);
  }
}

/** A violation of the WebSocket protocol, or a close. */
function deadlyBytes(random: Random): Uint8Array {
  const opcode = random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]);
  switch (random.below(9)) {
    case 0:
      return frame("{}", { masked: false });
    case 1:
      return frame("{}", { opcode });
    case 2:
      return frame("{}", { reserved: 1 + random.below(7) });
    case 3:
      return frame(new Uint8Array([0x22, 0xff, ...random.bytes(8), 0x22]));
    case 4:
      return frame("{}", { claimedBytes: 1n << BigInt(32 + random.below(32)) });
    case 5:
      return frame(random.bytes(20), { opcode: OPCODE.binary });
    case 6:
      return frame("x", { opcode: OPCODE.continuation });
    case 7:
      return frame(random.bytes(random.below(4)), { opcode: OPCODE.close });
    default:
      // The length is a few hundred bytes, so that the random bytes complete a frame.
      return Buffer.concat([
        new Uint8Array([random.below(128) | 0x70, 0xfe, 0, 0]),
        random.bytes(300),
      ]);
  }
}

// `fanwire tail CHANNEL`: subscribes and prints every event on one line. Text from the server is escaped, so that it
// stays on its line and cannot control the terminal.
import { isRecord } from "../protocol/json.ts";
import { channelKind } from "../protocol/names.ts";
import { printable } from "../log/printable.ts";
import { readArguments } from "./arguments.ts";
import { meaningOf } from "./close-codes.ts";
import { type TailHandlers, type Ending, listenOnce, OWN_USER_ID, recordOf } from "./listener.ts";
import { type CommandTarget, findTarget, TARGET_FLAGS } from "./target.ts";
import { complain, paint, type Terminal } from "./terminal.ts";

const USAGE = "Usage: fanwire tail CHANNEL [--app ID:KEY:SECRET] [--url URL]";
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/** Runs the command until it gives up. Returns 1 if the server is unreachable or refuses, 2 for wrong arguments. */
export async function runTail(args: readonly string[], terminal: Terminal): Promise<number> {
  const read = readArguments(args, TARGET_FLAGS);
  if (read.kind === "error") return complain(terminal, read.message, 2);
  const [channel, ...more] = read.positions;
  if (channel === undefined || more.length > 0) return complain(terminal, USAGE, 2);
  const target = findTarget(terminal, read.flags);
  if (typeof target === "string") return complain(terminal, target, 2);
  return tail(target, channel, terminal);
}

async function tail(target: CommandTarget, channel: string, terminal: Terminal): Promise<number> {
  const handlers = handlersOf(target, channel, terminal);
  let wasThere = false;
  let nextWaitMs = FIRST_WAIT_MS;
  for (;;) {
    const ending = await listenOnce(target, channel, handlers);
    if (ending.refusal !== null)
      return complain(terminal, `Cannot listen to "${channel}": ${ending.refusal}`, 1);
    wasThere ||= ending.wasEstablished;
    if (ending.wasEstablished) nextWaitMs = FIRST_WAIT_MS;
    const waitMs = waitAfter(ending, wasThere, nextWaitMs);
    complain(terminal, `${endingText(target, ending)}${reconnectText(waitMs)}`, 1);
    if (waitMs === null) return 1;
    if (waitMs > 0) nextWaitMs = Math.min(2 * nextWaitMs, LONGEST_WAIT_MS);
    await Bun.sleep(waitMs);
  }
}

/** How long to wait before reconnecting. Null to give up. */
function waitAfter(
  { code, wasEstablished }: Ending,
  wasThere: boolean,
  nextWaitMs: number,
): number | null {
  // No server has ever answered: the address is probably wrong.
  if (!wasThere && code < 4000) return null;
  const { again } = meaningOf(code);
  if (again === "never") return null;
  // Only after an accepted connection: otherwise a server that always answers "at once" would be flooded.
  return again === "at once" && wasEstablished ? 0 : nextWaitMs;
}

function endingText({ url }: CommandTarget, { code, reason }: Ending): string {
  const said = reason === "" ? String(code) : `${code} ${reason}`;
  return `The connection to ${url} has ended with ${said}: ${meaningOf(code).sentence}`;
}

function reconnectText(waitMs: number | null): string {
  if (waitMs === null) return "";
  return waitMs === 0 ? "; connecting again at once" : `; connecting again in ${waitMs / 1000} s`;
}

function handlersOf(target: CommandTarget, channel: string, terminal: Terminal): TailHandlers {
  const isPresence = channelKind(channel).presence;
  return {
    subscribed({ presence }) {
      const where = `listening to ${printable(channel)} on ${printable(target.url)}`;
      terminal.writeError(`${paint(terminal, "dim", where)}\n`);
      if (isPresence) for (const member of membersOf(presence)) print("here", member);
    },
    event(frame) {
      const { event, data, user_id } = frame;
      if (event === "pusher_internal:member_added") return print("joined", memberOf(data));
      if (event === "pusher_internal:member_removed") return print("left", memberOf(data));
      const sender = typeof user_id === "string" ? user_id : null;
      const payload = typeof data === "string" ? data : (JSON.stringify(data) ?? "");
      print(String(event), { id: sender, text: payload });
    },
    complaint: (message) => void complain(terminal, `The server refuses: ${message}`, 1),
  };

  function print(what: string, { id, text }: Line): void {
    const time = paint(terminal, "dim", new Date().toISOString().slice(11, 23));
    const parts = [
      time,
      paint(terminal, "cyan", printable(what)),
      ...(id === null ? [] : [paint(terminal, "yellow", printable(id))]),
      ...(text === "" ? [] : [printable(text)]),
    ];
    terminal.write(`${parts.join(" ")}\n`);
  }
}

/** The rest of a line after its first word. */
interface Line {
  /** The user who sent the event, or the member. */
  readonly id: string | null;
  readonly text: string;
}

/** The members of a presence channel without this command. */
function membersOf(presence: unknown): readonly Line[] {
  const hash = isRecord(presence) ? presence["hash"] : undefined;
  if (!isRecord(hash)) return [];
  return Object.entries(hash)
    .filter(([id]) => id !== OWN_USER_ID)
    .map(([id, info]) => ({ id, text: infoText(info) }));
}

function memberOf(data: unknown): Line {
  const { user_id, user_info } = recordOf(data);
  return { id: String(user_id), text: infoText(user_info) };
}

function infoText(info: unknown): string {
  return info === undefined || info === null ? "" : JSON.stringify(info);
}

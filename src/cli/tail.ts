// `fanwire tail CHANNEL`: subscribes and prints every event, one a line. It signs for private and
// presence channels itself, since it knows the secret.
import { isRecord, parseJson } from "../protocol/json.ts";
import { channelKind } from "../protocol/names.ts";
import { sign, subscriptionText } from "../protocol/signatures.ts";
import { readArguments } from "./arguments.ts";
import type { DevelopmentServer } from "./development.ts";
import { findTarget, TARGET_FLAGS } from "./target.ts";
import { paint, type Terminal } from "./terminal.ts";

const USAGE = "Usage: fanwire tail CHANNEL [--app ID:KEY:SECRET] [--url URL]";

/** Runs the command until the connection ends. 1 when it could not subscribe or was closed, 2 for wrong arguments. */
export async function runTail(args: readonly string[], terminal: Terminal): Promise<number> {
  const read = readArguments(args, TARGET_FLAGS);
  const [channel, ...more] = read.kind === "mistake" ? [] : read.positions;
  if (read.kind === "mistake" || channel === undefined || more.length > 0) {
    terminal.writeError(`${read.kind === "mistake" ? read.message : USAGE}\n`);
    return 2;
  }
  const target = findTarget(terminal, read.flags);
  if (typeof target === "string") {
    terminal.writeError(`${target}\n`);
    return 2;
  }
  return tail(target, channel, terminal);
}

function tail(target: DevelopmentServer, channel: string, terminal: Terminal): Promise<number> {
  const url = `${target.url.replace(/^http/, "ws")}/app/${target.key}?protocol=7&client=fanwire-tail&version=1.0`;
  const socket = new WebSocket(url);
  const done = Promise.withResolvers<number>();
  const end = (message: string): void => {
    terminal.writeError(`${message}\n`);
    done.resolve(1);
    socket.close();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    const frame = parseJson(String(data));
    if (!isRecord(frame)) return;
    const { event, data: payload } = frame;
    if (event === "pusher:connection_established") {
      const { socket_id } = parsed(payload);
      socket.send(subscription(target, String(socket_id), channel));
    } else if (event === "pusher_internal:subscription_succeeded") {
      terminal.writeError(
        `${paint(terminal, "dim", `listening to ${channel} on ${target.url}`)}\n`,
      );
    } else if (event === "pusher:error") {
      end(`Cannot listen to "${channel}": ${String(parsed(payload)["message"])}`);
    } else if (event === "pusher:ping") {
      socket.send('{"event":"pusher:pong","data":{}}');
    } else if (event !== "pusher:pong") {
      terminal.write(`${line(terminal, frame)}\n`);
    }
  };
  socket.onclose = ({ code, reason }: CloseEvent) =>
    end(`The connection to ${target.url} has ended: ${code} ${reason}`.trimEnd());
  return done.promise;
}

function subscription(target: DevelopmentServer, socketId: string, channel: string): string {
  const kind = channelKind(channel);
  if (!kind.authorised) return frameOf({ channel });
  const channelData = kind.presence ? '{"user_id":"fanwire-tail"}' : null;
  const signature = sign(target.secret, subscriptionText(socketId, channel, channelData));
  const auth = `${target.key}:${signature}`;
  return frameOf(
    channelData === null ? { channel, auth } : { channel, auth, channel_data: channelData },
  );
}

function frameOf(data: Readonly<Record<string, string>>): string {
  return JSON.stringify({ event: "pusher:subscribe", data });
}

function line(terminal: Terminal, { event, data, user_id }: Record<string, unknown>): string {
  const time = new Date().toISOString().slice(11, 23);
  const sender = typeof user_id === "string" ? ` ${paint(terminal, "yellow", user_id)}` : "";
  const payload = typeof data === "string" ? data : JSON.stringify(data);
  return `${paint(terminal, "dim", time)} ${paint(terminal, "cyan", String(event))}${sender} ${payload}`;
}

function parsed(payload: unknown): Record<string, unknown> {
  const value = typeof payload === "string" ? parseJson(payload) : payload;
  return isRecord(value) ? value : {};
}

// `fanwire publish CHANNEL EVENT DATA`: publishes one event through the signed HTTP API.
import { requestText } from "../protocol/request-signature.ts";
import { md5, sign } from "../protocol/signatures.ts";
import { readArguments } from "./arguments.ts";
import type { DevelopmentServer } from "./development.ts";
import { findTarget, TARGET_FLAGS } from "./target.ts";
import { paint, type Terminal } from "./terminal.ts";

const USAGE = "Usage: fanwire publish CHANNEL EVENT DATA [--app ID:KEY:SECRET] [--url URL]";

/** Runs the command. 0 when the server took the event, 1 when it did not, 2 for wrong arguments. */
export async function runPublish(args: readonly string[], terminal: Terminal): Promise<number> {
  const read = readArguments(args, TARGET_FLAGS);
  if (read.kind === "mistake") return complain(terminal, read.message, 2);
  const [channel, event, data, ...more] = read.positions;
  if (channel === undefined || event === undefined || data === undefined || more.length > 0)
    return complain(terminal, USAGE, 2);
  const target = findTarget(terminal, read.flags);
  if (typeof target === "string") return complain(terminal, target, 2);
  const body = JSON.stringify({ name: event, channels: [channel], data });
  const url = signedUrl(target, `/apps/${target.id}/events`, body);
  const response = await fetch(url, { method: "POST", body }).catch((error: unknown) => error);
  if (!(response instanceof Response))
    return complain(terminal, `Cannot reach ${target.url}: ${String(response)}`, 1);
  const answer = (await response.text()).trim();
  if (!response.ok)
    return complain(terminal, `${target.url} answered ${response.status}: ${answer}`, 1);
  terminal.write(`${paint(terminal, "green", "published")} ${event} to ${channel}\n`);
  return 0;
}

function signedUrl(target: DevelopmentServer, path: string, body: string): string {
  const parameters: readonly (readonly [string, string])[] = [
    ["auth_key", target.key],
    ["auth_timestamp", String(Math.floor(Date.now() / 1000))],
    ["auth_version", "1.0"],
    ["body_md5", md5(Buffer.from(body))],
  ];
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const signature = sign(target.secret, requestText("POST", path, parameters));
  return `${target.url}${path}?${query}&auth_signature=${signature}`;
}

function complain(terminal: Terminal, message: string, code: number): number {
  terminal.writeError(`${message}\n`);
  return code;
}

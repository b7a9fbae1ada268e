// `fanwire publish CHANNEL EVENT DATA`: publishes one event through the signed HTTP API.
import { isRecord, parseJson } from "../protocol/json.ts";
import { channelKind } from "../protocol/names.ts";
import { requestText } from "../protocol/request-signature.ts";
import { md5, sign } from "../protocol/signatures.ts";
import { readArguments } from "./arguments.ts";
import type { DevelopmentServer } from "./development.ts";
import { findTarget, TARGET_FLAGS } from "./target.ts";
import { complain, paint, type Terminal } from "./terminal.ts";
import { printable } from "../log/printable.ts";

const USAGE =
  "Usage: fanwire publish CHANNEL EVENT DATA [--app ID:KEY:SECRET] [--url URL]; DATA - reads standard input";
/** More than any server accepts as one event. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;
const MAX_ANSWER_LENGTH = 2000;

/** Runs the command. Returns 0 if the server accepted the event, 1 if not, 2 for wrong arguments. */
export async function runPublish(args: readonly string[], terminal: Terminal): Promise<number> {
  const read = readArguments(args, TARGET_FLAGS);
  if (read.kind === "error") return complain(terminal, read.message, 2);
  const [channel, event, given, ...more] = read.positions;
  if (channel === undefined || event === undefined || given === undefined || more.length > 0)
    return complain(terminal, USAGE, 2);
  const target = findTarget(terminal, read.flags);
  if (typeof target === "string") return complain(terminal, target, 2);
  const data = given === "-" ? await inputText(terminal) : { text: given };
  if (typeof data === "string") return complain(terminal, data, 2);
  if (channelKind(channel).encrypted && !isEncrypted(data.text))
    return complain(
      terminal,
      `Cannot publish to "${channel}": what goes over an encrypted channel must be encrypted by your application, with a key that no server has; use a Pusher server library`,
      2,
    );
  const body = JSON.stringify({ name: event, channels: [channel], data: data.text });
  const url = signedUrl(target, `/apps/${target.id}/events`, body);
  const init = { method: "POST", body, tls: target.tls };
  const response = await fetch(url, init).catch((error: unknown) => error);
  if (!(response instanceof Response))
    return complain(terminal, `Cannot reach ${target.url}: ${String(response)}`, 1);
  const answer = (await response.text()).trim().slice(0, MAX_ANSWER_LENGTH);
  if (!response.ok)
    return complain(terminal, `${target.url} answered ${response.status}: ${answer}`, 1);
  terminal.write(
    `${paint(terminal, "green", "published")} ${printable(event)} to ${printable(channel)}\n`,
  );
  return 0;
}

/** The text of standard input, or why it cannot be used. A final line end is removed, since `echo` and editors add one. */
async function inputText(terminal: Terminal): Promise<{ readonly text: string } | string> {
  const bytes = await terminal.readInput(MAX_INPUT_BYTES);
  if (bytes === null)
    return `Cannot publish standard input: it is longer than ${MAX_INPUT_BYTES} bytes`;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text: text.replace(/\r?\n$/, "") };
  } catch {
    return "Cannot publish standard input: it must be UTF-8";
  }
}

/** Whether the data has the form that server libraries send to encrypted channels. */
function isEncrypted(data: string): boolean {
  const value = parseJson(data);
  return (
    isRecord(value) && typeof value["nonce"] === "string" && typeof value["ciphertext"] === "string"
  );
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

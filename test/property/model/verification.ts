// Compares what every client got with what the model says, and checks the frames.
import { isByteFrame, readByteFrame } from "../../doubles/byte-codec.ts";
import { V1, V2 } from "../../../src/protocol/dialect.ts";
import { type Delivery, deliveryText, fulfils } from "./delivery.ts";
import { CHANNEL_NAMES, channelNamed } from "./channels.ts";
import type { Expectations } from "./expectations.ts";
import { checkStructures, claim } from "./invariants.ts";
import type { Message } from "./messages.ts";
import type { Handed, Rig } from "./rig.ts";

/** Throws unless every client has got exactly what was due since the last call and all structures are sound. */
export function verify(model: Expectations, rig: Rig): void {
  for (const [index, client] of rig.clients.entries()) {
    verifyEnd(model, rig, index);
    verifyReplies(index, client.takeReplies(), model.takeReplies(index));
    const delivered = client.takeDelivered();
    for (const channel of CHANNEL_NAMES)
      verifyChannel(model, rig, { index, channel, got: delivered.get(channel) ?? [] });
    const { errors } = client;
    claim(errors.length === 0, `Client ${index}: ${errors.join(", ")}`);
    client.takeFrames();
  }
  rig.takeHanded();
  checkStructures(model, rig);
}

/** Throws unless the server has closed the connection exactly if it must, and with the right code. */
function verifyEnd(model: Expectations, rig: Rig, index: number): void {
  const client = rig.client(index);
  const { connection } = client;
  if (connection === null || connection.session.isOpen)
    return claim(
      model.isConnected(index) === (connection !== null),
      `Client ${index} must be closed with ${model.closeCodeOf(index)}`,
    );
  const [code, reason] = connection.transport.closeFrame ?? [null, ""];
  const wanted = model.closeCodeOf(index);
  const isRight = !model.isConnected(index) && code === wanted;
  claim(isRight, `Client ${index} was closed with ${code} ${reason}, and not with ${wanted}`);
  rig.tally.add(`closed with ${code}`);
  client.connection = null;
}

function verifyReplies(index: number, got: readonly string[], wanted: readonly string[]): void {
  if (got.length === wanted.length && got.every((text, at) => text === wanted[at])) return;
  const lists = `\n  ${wanted.join("\n  ")}\nand got\n  ${got.join("\n  ")}`;
  throw new Error(`Client ${index} had to get the replies${lists}`);
}

interface Got {
  readonly index: number;
  readonly channel: string;
  readonly got: readonly Delivery[];
}

function verifyChannel(model: Expectations, rig: Rig, { index, channel, got }: Got): void {
  const due = model.deliveries.takeDue(index, channel);
  if (due.length === 0 && got.length === 0) return;
  if (got.length < due.length) rig.tally.add("message left out for a newer one");
  if (fulfils(got, due)) return;
  const wanted = due.map(
    ({ delivery, required }) => `${required ? "" : "(optional) "}${shown(delivery)}`,
  );
  throw new Error(
    `Client ${index} on ${channel} was due\n  ${wanted.join("\n  ")}\nand got\n  ${got.map(shown).join("\n  ")}`,
  );
}

function shown(delivery: Delivery): string {
  return deliveryText(delivery).slice(0, 500);
}

/**
 * Throws unless the frames of one publication have an allowed form (whole, whole with markers, or a shorter delta)
 * and are the same for all sockets of a cohort.
 */
export function checkFrames(
  rig: Rig,
  channel: string,
  message: Message,
  except: number | null,
): void {
  const topics = new Set<string>();
  for (const cohort of rig.app.channels.get(channel)?.cohorts.values() ?? [])
    for (const topic of [cohort.topic, cohort.delta?.unsyncedTopic])
      if (topic !== undefined) topics.add(topic);
  const texts = wholeTexts(channel, message);
  for (const handed of rig.takeHanded())
    if (topics.has(handed.topic)) checkFrame(rig, handed, texts, message);
  checkSameBytes(rig, channel, except);
}

function checkFrame(
  rig: Rig,
  { frame }: Handed,
  texts: readonly string[],
  { delta }: Message,
): void {
  const longest = Math.max(...texts.map((text) => Buffer.byteLength(text)));
  if (typeof frame !== "string" && isByteFrame(frame)) {
    const { event, data, channel, tags } = byteText(frame);
    const text = JSON.stringify({ event, data, channel, tags });
    return claim(texts.includes(text), `a byte frame is none of the whole ones: ${text}`);
  }
  if (typeof frame !== "string") {
    claim(delta, "a message that was to be whole went as a compact delta");
    return claim(frame.length < longest, `a compact delta has ${frame.length} bytes`);
  }
  const isDelta = [V1, V2].some(({ prefix }) => frame.startsWith(`{"event":"${prefix}delta",`));
  if (isDelta) {
    claim(delta, "a message that was to be whole went as a delta");
    return claim(Buffer.byteLength(frame) < longest, `a delta is no shorter: ${frame}`);
  }
  const unmarked = frame.replace(/,"__delta_seq":\d+,"__conflation_key":"[^"\\]*"\}$/, "}");
  rig.tally.add(unmarked === frame ? "unmarked message" : "message with markers");
  claim(texts.includes(unmarked), `a frame is none of the whole ones: ${frame}`);
  claim(delta || unmarked === frame, `a message that was to be whole has markers: ${frame}`);
}

/** The contents of a byte frame, named as in a JSON frame. */
function byteText(frame: Uint8Array) {
  const { name: event, data, channel, tags } = readByteFrame(frame);
  return { event, data, channel, tags: Object.keys(tags).length === 0 ? undefined : tags };
}

/** The whole frame without tags, and the one with tags if there are any. */
function wholeTexts(channel: string, { name, data, tags }: Message): readonly string[] {
  const plain = JSON.stringify({ event: name, data, channel });
  if (!channelNamed(channel).deliverTags || Object.keys(tags).length === 0) return [plain];
  const sorted = Object.fromEntries(Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return [plain, JSON.stringify({ event: name, data, channel, tags: sorted })];
}

function checkSameBytes(rig: Rig, channel: string, except: number | null): void {
  const byCohort = new Map<string, string>();
  for (const [index, client] of rig.clients.entries()) {
    const frames = client.takeFrames().get(channel) ?? [];
    const session = client.connection?.session;
    const cohort = session?.subscriptions.get(channel)?.cohort;
    if (session === undefined || cohort === undefined || index === except) continue;
    if (rig.app.lags.has(session) || cohort.delta?.unsynced.has(session) === true) continue;
    const bytes = frames
      .map((frame) => (typeof frame === "string" ? frame : frame.toHex()))
      .join("\n");
    claim((byCohort.get(cohort.topic) ?? bytes) === bytes, `a cohort got different bytes`);
    byCohort.set(cohort.topic, bytes);
  }
}

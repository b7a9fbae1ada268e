// Prepared, signed publish requests, and the frame that each of them becomes. The payload has the time
// at which the event is due, so that a late publish counts as latency.
// Request and frame are made from one payload, so that floor and server deliver the same bytes.

import { createHash, createHmac } from "node:crypto";

/** The app that all benches use. The server under test must have it. */
export const APP = { id: "app-id", key: "app-key", secret: "app-secret" } as const;

/** The path to which subscribers connect. */
export const SOCKET_PATH: string = `/app/${APP.key}?protocol=7&client=bench&version=1.0`;

const EVENTS_PATH = `/apps/${APP.id}/events`;

/** Bytes of the smallest payload: a time stamp and an empty filler. */
export const LEAST_PAYLOAD_BYTES: number = payload(0, 0).length;

/** The event's data: a JSON text of `bytes` bytes that contains "@@<16 digits of microseconds>@". */
export function payload(dueUs: number, bytes: number): string {
  const stamp = String(dueUs).padStart(16, "0");
  const head = `{"t":"@@${stamp}@","f":"`;
  return `${head}${"x".repeat(Math.max(0, bytes - head.length - 2))}"}`;
}

/** The text of the frame in which a subscriber of Pusher's dialect gets that payload. */
export function frameText(data: string, channel: string): string {
  return `{"event":"bench","data":${JSON.stringify(data)},"channel":"${channel}"}`;
}

/** A complete HTTP request, signed now, that publishes that payload with the given tags. The server accepts it for ten minutes. */
export function publishRequest(
  data: string,
  channel: string,
  tags?: Readonly<Record<string, string>>,
): string {
  const body = JSON.stringify({ name: "bench", channels: [channel], data, tags });
  const md5 = createHash("md5").update(body).digest("hex");
  const timestamp = Math.floor(Date.now() / 1000);
  const query = `auth_key=${APP.key}&auth_timestamp=${timestamp}&auth_version=1.0&body_md5=${md5}`;
  const signature = createHmac("sha256", APP.secret)
    .update(`POST\n${EVENTS_PATH}\n${query}`)
    .digest("hex");
  return [
    `POST ${EVENTS_PATH}?${query}&auth_signature=${signature} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

// Parses the frames of a page that concern the shim: subscribe, unsubscribe, and the page's own requests for deltas.
import { asRecord, dataOf, parseJson } from "./frame-text.ts";

/** A frame of the page that concerns the shim. */
export type PageRequest =
  | {
      readonly kind: "subscribe";
      readonly channel: string;
      /** The prefix of protocol events: `pusher:` or `sockudo:`. */
      readonly prefix: string;
      /** Whether the page itself says in the frame whether it wants deltas. */
      readonly asksItself: boolean;
    }
  | { readonly kind: "unsubscribe"; readonly channel: string }
  | { readonly kind: "enable" };

const REQUEST =
  /^\s*\{\s*"event"\s*:\s*"((?:pusher|sockudo):)(subscribe|unsubscribe|enable_delta_compression)"/;

/** The request in a frame of the page, or null when it is of no concern. */
export function readRequest(frame: string): PageRequest | null {
  const match = REQUEST.exec(frame);
  if (match === null) return null;
  const [, prefix = "", kind] = match;
  if (kind === "enable_delta_compression") return { kind: "enable" };
  const record = asRecord(parseJson(frame));
  const data = dataOf(record);
  if (kind === "unsubscribe") {
    const channel = data["channel"] ?? record["data"];
    return typeof channel === "string" ? { kind, channel } : null;
  }
  const { channel, delta } = data;
  if (typeof channel !== "string") return null;
  return { kind: "subscribe", channel, prefix, asksItself: delta !== undefined };
}

/** The subscribe frame with a request for deltas. `data` that was JSON text remains JSON text. */
export function withDeltaMember(frame: string, format: "compact" | "json"): string {
  const record = asRecord(parseJson(frame));
  // The format is always included: a server may refuse deltas to clients that do not say which format they decode.
  const data = { ...dataOf(record), delta: { algorithm: "fossil", format } };
  const isText = typeof record["data"] === "string";
  return JSON.stringify({ ...record, data: isText ? JSON.stringify(data) : data });
}

// What of a page's own frames the shim must read: subscribe and unsubscribe, and whether the page
// asks for deltas itself. Who asks for deltas decodes them.
import { asRecord, dataOf, parseJson } from "./frame-text.ts";

/** A frame that a page sends and that matters here. */
export type PageRequest =
  | {
      readonly kind: "subscribe";
      readonly channel: string;
      /** What begins the names of the protocol's events: `pusher:` or `sockudo:`. */
      readonly prefix: string;
      /** Whether the frame says itself what it wants of deltas. */
      readonly asksItself: boolean;
    }
  | { readonly kind: "unsubscribe"; readonly channel: string }
  | { readonly kind: "enable" };

const REQUEST =
  /^\s*\{\s*"event"\s*:\s*"((?:pusher|sockudo):)(subscribe|unsubscribe|enable_delta_compression)"/;

/** What a frame of the page asks for, or null when it is none of the three. */
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

/** A subscribe frame with what it asks of deltas. `data` that was a JSON text stays one. */
export function withDeltaMember(frame: string, format: "compact" | "json"): string {
  const record = asRecord(parseJson(frame));
  // The form is said in any case: a server may not give deltas to who does not say that it decodes them.
  const data = { ...dataOf(record), delta: { algorithm: "fossil", format } };
  const isText = typeof record["data"] === "string";
  return JSON.stringify({ ...record, data: isText ? JSON.stringify(data) : data });
}

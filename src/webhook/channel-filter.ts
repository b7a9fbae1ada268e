// Decides whether a channel passes an endpoint's filter. Patterns are compared part by part instead of
// as a regular expression, so that no pattern is slow and no character but `*` is special.
import type { ChannelFilter } from "../protocol/app.ts";

/** A compiled filter: whether a channel of this name passes. */
export type ChannelTest = (channel: string) => boolean;

/** Compiles a filter. All given conditions must hold; a filter without conditions passes every channel. */
export function channelTest({ prefix, suffix, pattern }: ChannelFilter): ChannelTest {
  const parts = pattern?.split("*") ?? null;
  return (channel) =>
    (prefix === null || channel.startsWith(prefix)) &&
    (suffix === null || channel.endsWith(suffix)) &&
    (parts === null || hasParts(channel, parts));
}

/** The text must begin with the first part and end with the last; the parts between are searched from left to right. */
function hasParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? "";
  if (parts.length === 1) return text === first;
  const last = parts[parts.length - 1] ?? "";
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

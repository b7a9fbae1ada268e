// Matches channel names against patterns. The server's configuration has the same kind of patterns.

/** Whether one of the patterns is the name of the channel, or matches it as `prefix*`, `*suffix` or `*`. */
export function matchesAny(patterns: readonly string[], channel: string): boolean {
  return patterns.some((pattern) => matches(pattern, channel));
}

function matches(pattern: string, channel: string): boolean {
  if (pattern.endsWith("*")) return channel.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith("*")) return channel.endsWith(pattern.slice(1));
  return pattern === channel;
}

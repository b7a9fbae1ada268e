// What a client asks for in delta compression, on its connection and on single subscriptions.
// Source: the frames of Sockudo's JavaScript client.
import { isRecord } from "./json.ts";

/** The delta formats, by their names on the wire. */
export type Algorithm = "fossil" | "xdelta3";

/** What one subscription asks for. */
export interface DeltaRequest {
  readonly enabled: boolean;
  /** Null leaves the choice to the server. */
  readonly algorithm: Algorithm | null;
  /** Whether deltas are sent as binary frames without an envelope. */
  readonly compact: boolean;
  /** Whether the request states the form of the deltas. Only clients that can always decode deltas state it. */
  readonly decodes: boolean;
}

const OFF: DeltaRequest = { enabled: false, algorithm: null, compact: false, decodes: false };
const ON: DeltaRequest = { enabled: true, algorithm: null, compact: false, decodes: false };

/** Reads `delta` of a subscription. Null if it contains no request; then the connection's setting applies. */
export function readDeltaRequest(value: unknown): DeltaRequest | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? ON : OFF;
  if (typeof value === "string") return readWord(value);
  if (!isRecord(value)) return null;
  if (value["enabled"] === false) return OFF;
  const algorithm = readAlgorithm(value["algorithm"]);
  const { format } = value;
  return { enabled: true, algorithm, compact: format === "compact", decodes: format !== undefined };
}

/** The first supported algorithm in the client's list; null if the list contains none. */
export function readAlgorithms(value: unknown): Algorithm | null {
  if (!Array.isArray(value)) return null;
  for (const name of value) {
    const algorithm = readAlgorithm(name);
    if (algorithm !== null) return algorithm;
  }
  return null;
}

/** The algorithm with this name, or null. `vcdiff` is another name for `xdelta3`. */
export function readAlgorithm(name: unknown): Algorithm | null {
  if (name === "fossil") return "fossil";
  return name === "xdelta3" || name === "vcdiff" ? "xdelta3" : null;
}

function readWord(word: string): DeltaRequest {
  if (["disabled", "false", "none"].includes(word)) return OFF;
  return { ...ON, algorithm: readAlgorithm(word) };
}

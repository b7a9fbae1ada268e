// What a client says of delta compression: for its connection, and for single subscriptions.
// Source: the frames of Sockudo's JavaScript client.
import { isRecord } from "./json.ts";

/** The formats of deltas, by their names on the wire. */
export type Algorithm = "fossil" | "xdelta3";

/** What one subscription asks for. */
export interface DeltaRequest {
  readonly enabled: boolean;
  /** Null leaves it to the server. */
  readonly algorithm: Algorithm | null;
  /** Whether deltas come as binary frames without an envelope. */
  readonly compact: boolean;
  /** Whether it says in which form deltas are to come. Only who can decode them in any case says that. */
  readonly decodes: boolean;
}

const OFF: DeltaRequest = { enabled: false, algorithm: null, compact: false, decodes: false };
const ON: DeltaRequest = { enabled: true, algorithm: null, compact: false, decodes: false };

/** Reads `delta` of a subscription; null when it says nothing, and then the connection's setting holds. */
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

/** The first algorithm of the client's list that there is; null when the list says nothing that is known. */
export function readAlgorithms(value: unknown): Algorithm | null {
  if (!Array.isArray(value)) return null;
  for (const name of value) {
    const algorithm = readAlgorithm(name);
    if (algorithm !== null) return algorithm;
  }
  return null;
}

/** The algorithm of a name; `vcdiff` is another name of `xdelta3`. */
export function readAlgorithm(name: unknown): Algorithm | null {
  if (name === "fossil") return "fossil";
  return name === "xdelta3" || name === "vcdiff" ? "xdelta3" : null;
}

function readWord(word: string): DeltaRequest {
  if (["disabled", "false", "none"].includes(word)) return OFF;
  return { ...ON, algorithm: readAlgorithm(word) };
}

// Puts a decoder between a WebSocket and the page. The page keeps the browser's own socket. Only `send` and `binaryType`
// are overridden, and a listener that runs before those of the page replaces messages or stops them.
import type { DeltaDecoder } from "./decoder.ts";

/** The parts of a WebSocket event that the shim uses. */
export interface SocketEvent {
  readonly data?: unknown;
  stopImmediatePropagation(): void;
}

/** The parts of a WebSocket that the shim uses. */
export interface DeltaSocket {
  binaryType: string;
  send(data: unknown): void;
  addEventListener(
    type: "message" | "close",
    listener: (event: SocketEvent) => void,
    options: { readonly capture: boolean },
  ): void;
}

// At the target of an event, capturing listeners are called before all others.
const FIRST = { capture: true };

/** Passes all frames of the socket through the decoder of `decoderFor`. `socket` must be new, without other listeners. */
export function interpose(
  socket: DeltaSocket,
  decoderFor: (send: (frame: string) => void) => DeltaDecoder,
): void {
  const send = socket.send.bind(socket);
  const decoder = decoderFor(send);
  Object.defineProperty(socket, "send", {
    value: (data: unknown) => send(typeof data === "string" ? decoder.outgoing(data) : data),
    configurable: true,
    writable: true,
  });
  const pageWantsBlob = shadowBinaryType(socket);
  const onMessage = (event: SocketEvent): void => {
    const { data } = event;
    const given = isBuffer(data)
      ? incomingBuffer(decoder, data, pageWantsBlob)
      : typeof data === "string"
        ? decoder.incomingText(data)
        : data;
    if (given === null) event.stopImmediatePropagation();
    else if (given !== data) Object.defineProperty(event, "data", { value: given });
  };
  socket.addEventListener("message", onMessage, FIRST);
  socket.addEventListener("close", () => decoder.close(), FIRST);
}

function incomingBuffer(
  decoder: DeltaDecoder,
  buffer: ArrayBuffer,
  pageWantsBlob: () => boolean,
): unknown {
  const given = decoder.incomingBinary(new Uint8Array(buffer));
  if (given !== undefined) return given;
  return pageWantsBlob() ? new Blob([buffer]) : buffer;
}

/** Receives binary frames as buffers, which can be read synchronously, whatever `binaryType` the page sets. */
function shadowBinaryType(socket: DeltaSocket): () => boolean {
  let wanted = socket.binaryType;
  socket.binaryType = "arraybuffer";
  Object.defineProperty(socket, "binaryType", {
    get: () => wanted,
    set: (type: unknown) => {
      // Browsers ignore other values too.
      if (type === "blob" || type === "arraybuffer") wanted = type;
    },
    configurable: true,
  });
  return () => wanted === "blob";
}

// Not by `instanceof`, since other windows and frames have constructors of their own.
function isBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === "[object ArrayBuffer]";
}

// Puts a decoder between a WebSocket and the page. The page keeps the browser's own socket, with
// everything that it is and does: only `send` and `binaryType` are shadowed, and a listener that
// comes before those of the page changes the messages that it hands on, or stops them.
import type { DeltaDecoder } from "./decoder.ts";

/** What the shim needs of the events of a WebSocket. */
export interface SocketEvent {
  readonly data?: unknown;
  stopImmediatePropagation(): void;
}

/** What the shim needs of a WebSocket: it must be an event target. */
export interface DeltaSocket {
  binaryType: string;
  send(data: unknown): void;
  addEventListener(
    type: "message" | "close",
    listener: (event: SocketEvent) => void,
    options: { readonly capture: boolean },
  ): void;
}

// At the target of an event, listeners that capture are called before all others.
const FIRST = { capture: true };

/** Lets the decoder of `decoderFor` see all that goes in and out. `socket` must be new: nobody else listens to it yet. */
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

/** Has binary frames come as buffers, which can be read at once, whatever the page says that it wants. */
function shadowBinaryType(socket: DeltaSocket): () => boolean {
  let wanted = socket.binaryType;
  socket.binaryType = "arraybuffer";
  Object.defineProperty(socket, "binaryType", {
    get: () => wanted,
    set: (type: unknown) => {
      // As browsers do, which ignore other values.
      if (type === "blob" || type === "arraybuffer") wanted = type;
    },
    configurable: true,
  });
  return () => wanted === "blob";
}

// Not by its constructor: that of another window, or of a frame, is a different one.
function isBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === "[object ArrayBuffer]";
}

// A worker as the router has it: its connection, who it is, and what waits to be sent to it.
import type { Socket } from "bun";
import { type FrameReader, HEADER_BYTES, LENGTH_BYTES } from "./frames.ts";
import type { Hello } from "./requests.ts";
import { SendBuffer } from "./send-buffer.ts";

const NUMBER_BYTES = 4;

/** A connection of the router. */
export class RoutedWorker {
  readonly reader: FrameReader;
  readonly waiting: SendBuffer = new SendBuffer();
  readonly #socket: Socket<RoutedWorker>;
  /** Whether the router will write what waits at the end of this turn. */
  isUnflushed = false;
  isOver = false;
  /** Empty until it has shown its token. */
  token = "";
  nodeId = "";

  constructor(socket: Socket<RoutedWorker>, reader: FrameReader) {
    this.#socket = socket;
    this.reader = reader;
  }

  letIn({ token, nodeId }: Hello): void {
    this.token = token;
    this.nodeId = nodeId;
  }

  /** Adds a frame of plain ASCII. */
  sendPlain(kind: number, text: string): void {
    const bytes = this.waiting.reserve(HEADER_BYTES + text.length);
    const at = this.waiting.end;
    bytes.writeUInt32LE(1 + text.length, at);
    bytes[at + LENGTH_BYTES] = kind;
    bytes.write(text, at + HEADER_BYTES, "latin1");
    this.waiting.advance(HEADER_BYTES + text.length);
  }

  /** Adds a frame with a number. */
  sendNumber(kind: number, number: number): void {
    const bytes = this.waiting.reserve(HEADER_BYTES + NUMBER_BYTES);
    const at = this.waiting.end;
    bytes.writeUInt32LE(1 + NUMBER_BYTES, at);
    bytes[at + LENGTH_BYTES] = kind;
    bytes.writeUInt32LE(number, at + HEADER_BYTES);
    this.waiting.advance(HEADER_BYTES + NUMBER_BYTES);
  }

  /** Writes as much as the connection takes; the rest when it takes more. */
  flush(): void {
    if (!this.isOver) this.waiting.flush((bytes) => this.#socket.write(bytes));
  }

  end(): void {
    this.isOver = true;
    this.waiting.clear();
    this.#socket.terminate();
  }
}

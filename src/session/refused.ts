// A connection that was refused. Clients understand a refusal only as a close frame, so the upgrade
// succeeds first.
import type { Codec } from "../protocol/codec.ts";
import type { Fault } from "../protocol/faults.ts";
import { codecOf } from "../protocol/codecs.ts";
import { wantsErrorEvent } from "../protocol/handshake.ts";
import { errorMessage } from "../protocol/messages.ts";
import type { Connection, Transport } from "./connection.ts";

/** Closes itself with the fault's code as soon as it is open, and ignores everything that the client sends. */
export class RefusedConnection implements Connection {
  readonly #fault: Fault;
  readonly #protocol: number;
  readonly #ended: () => void;

  /** `ended` is called when the connection has ended, or when its upgrade has failed. */
  constructor(fault: Fault, protocol: number, ended: () => void) {
    this.#fault = fault;
    this.#protocol = protocol;
    this.#ended = ended;
  }

  opened(transport: Transport): void {
    closeTransport(transport, this.#fault, this.#protocol, codecOf(this.#protocol));
  }

  received(): void {}
  receivedBinary(): void {}
  receivedControl(): void {}
  drained(): void {}

  closed(): void {
    this.#ended();
  }
}

/**
 * Closes a connection with the fault's code. Clients of protocols 4 and 5 learn the code from an error event, written
 * by the connection's codec, newer ones from the close frame alone.
 */
export function closeTransport(
  transport: Transport,
  fault: Fault,
  protocol: number,
  codec: Codec,
): void {
  if (wantsErrorEvent(protocol)) transport.send(codec.write(errorMessage(fault)), false);
  transport.close(fault.code ?? 1011, fault.message.slice(0, MAX_REASON_LENGTH));
}

/**
 * A close frame has room for 123 bytes. Our own texts are ASCII; only text from clients may contain other characters.
 */
const MAX_REASON_LENGTH = 123;

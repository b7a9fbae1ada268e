// The runtime's WebSocket events, handed to the connection they belong to.
import type { ServerWebSocket, WebSocketHandler } from "bun";
import type { Connection } from "../session/connection.ts";

/** How much the runtime reads and keeps for one WebSocket. */
export interface FrameLimits {
  /** The longest inbound frame; a longer one closes its connection with 1009. */
  readonly maxFrameBytes: number;
  /** Bytes that may be queued for a lagging client before it is closed. */
  readonly backpressureLimitBytes: number;
}

/** What one turn of the event loop may add to a buffer before it can be checked. */
export const RUNTIME_SLACK_BYTES: number = 8 * 1024 * 1024;

/** The handlers of a listener's WebSockets. */
export function handlers(limits: FrameLimits): WebSocketHandler<Connection> {
  return {
    maxPayloadLength: limits.maxFrameBytes,
    // Above its own limit the runtime drops frames silently, so ours must take effect first.
    backpressureLimit: limits.backpressureLimitBytes + RUNTIME_SLACK_BYTES,
    closeOnBackpressureLimit: false,
    // Sessions check liveness themselves: the runtime's timeout never ends a client that is pushed to.
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    open: (ws: ServerWebSocket<Connection>) => ws.data.opened(ws),
    message(ws: ServerWebSocket<Connection>, message: string | Buffer) {
      if (typeof message === "string") ws.data.received(message);
      else ws.data.receivedBinary();
    },
    ping: (ws: ServerWebSocket<Connection>) => ws.data.receivedControl(),
    pong: (ws: ServerWebSocket<Connection>) => ws.data.receivedControl(),
    drain: (ws: ServerWebSocket<Connection>) => ws.data.drained(),
    close: (ws: ServerWebSocket<Connection>, code: number, reason: string) =>
      ws.data.closed(sentCode(code, reason)),
  };
}

/** The close code that was sent to the client. When the runtime itself closes for a violation of RFC 6455, it reports 1006 with a reason that tells the real code. */
function sentCode(code: number, reason: string): number {
  if (code !== 1006 || !reason.startsWith("Received ")) return code;
  if (reason === "Received too big message") return 1009;
  return reason === "Received invalid UTF-8" ? 1007 : 1002;
}

// A WebSocket client that sends any bytes as frames and does nothing by itself: it answers no ping and no
// close frame, as a client whose program hangs, and judges nothing of what it reads.
import { within } from "./deadline.ts";
import { settled } from "./form.ts";
import {
  type Closing,
  frame,
  FrameReader,
  type FrameShape,
  OPCODE,
  readClosing,
  type ServerFrame,
  signinText,
  subscribeText,
  upgradeRequest,
} from "./frames.ts";
import { Inbox } from "./inbox.ts";
import { parseObject } from "./json.ts";
import type { Scope } from "./scope.ts";
import type { Parameters } from "./signing.ts";
import type { Target } from "./target.ts";
import { TcpConnection } from "./tcp-connection.ts";

/** A text frame of the server, parsed. */
export type Message = Readonly<Record<string, unknown>>;

/** What the server makes of the key in `upgradeRequest`: the example of RFC 6455, section 1.3. */
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** One client. */
export class FrameClient {
  /** Text frames that nobody has taken yet. */
  readonly messages: Inbox<Message> = new Inbox();
  /** Pings, pongs and closes that nobody has taken yet. */
  readonly controls: Inbox<ServerFrame> = new Inbox();
  readonly tcp: TcpConnection = new TcpConnection({
    data: (bytes) => this.#data(bytes),
    ended: () => this.#closed.resolve({ code: 1006, reason: "" }),
  });
  readonly #reader = new FrameReader();
  readonly #closed = Promise.withResolvers<Closing>();

  /** Connects and asks for the upgrade; the answer is not waited for. */
  async connect(scope: Scope, target: Target, headers = ""): Promise<void> {
    await this.tcp.connect(scope, target);
    this.tcp.write(upgradeRequest(target, headers));
  }

  /** Waits for the handshake, and returns the socket id. @throws when the upgrade was not agreed to as the RFC says. */
  async established(): Promise<string> {
    const { data } = await this.messages.next();
    const { head } = this.#reader;
    if (head?.includes(ACCEPT) !== true) throw new Error(`Cannot upgrade: the answer is ${head}`);
    return String(parseObject(data)["socket_id"]);
  }

  /** Sends one frame. */
  send(payload: string | Uint8Array, shape: FrameShape = {}): void {
    this.tcp.write(frame(payload, shape));
  }

  /** Sends `pusher:subscribe` with these parameters. */
  subscribe(parameters: Parameters): void {
    this.send(subscribeText(parameters));
  }

  /** Sends `pusher:signin` with these parameters. */
  signIn(parameters: Parameters): void {
    this.send(signinText(parameters));
  }

  /** Takes the text frames that the server sent before now: it answers in order, so a pong comes after them. */
  async received(): Promise<readonly Message[]> {
    await settled();
    this.send('{"event":"pusher:ping","data":{}}');
    return this.messages.takeUntil(({ event }) => event === "pusher:pong");
  }

  /** Waits for the server's close frame; 1006 when the connection ends without one. */
  closed(): Promise<Closing> {
    return within(this.#closed.promise, "the end of the connection");
  }

  #data(bytes: Buffer): void {
    for (const found of this.#reader.push(bytes)) {
      const { opcode, payload } = found;
      if (opcode === OPCODE.text) this.messages.push(parseObject(payload.toString()));
      else this.controls.push(found);
      if (opcode === OPCODE.close) this.#closed.resolve(readClosing(payload));
    }
  }
}

/** A client that has its socket id. */
export async function connectFrames(
  scope: Scope,
  target: Target,
): Promise<{ readonly client: FrameClient; readonly socketId: string }> {
  const client = new FrameClient();
  await client.connect(scope, target);
  return { client, socketId: await client.established() };
}

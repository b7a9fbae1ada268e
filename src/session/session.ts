// One socket from its first frame to its last. Frames are handled strictly in order. Each is
// handled in one synchronous step; if something must be waited for, all later frames are kept until
// it is done.
import type { AppHub } from "../hub/app-hub.ts";
import { noteOwnFrames, closeAsTooSlow } from "../hub/lag/catch-up.ts";
import { checkLag } from "../hub/lag/check.ts";
import type { Carrier } from "../hub/ports.ts";
import { leaveAll, unsubscribeAll } from "../hub/subscribe.ts";
import { Subscriptions } from "../hub/subscriptions.ts";
import { signOut } from "../hub/users.ts";
import type { Node } from "../node/node.ts";
import type { PendingSubscriptions } from "../node/pending.ts";
import { readCommand } from "../protocol/commands.ts";
import type { ClientTraits } from "../protocol/client-traits.ts";
import type { Codec, Frame } from "../protocol/codec.ts";
import { codecOf } from "../protocol/codecs.ts";
import type { Algorithm } from "../protocol/delta-request.ts";
import { CLOSE, type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { connectionEstablished, errorMessage, type Message } from "../protocol/messages.ts";
import type { SignedInUser } from "../protocol/signin.ts";
import type { AuthorisationQueue } from "./authorisation.ts";
import type { Connection, Transport } from "./connection.ts";
import type { LivenessWheel, Watched } from "./liveness.ts";
import type { Mailboxes } from "./mailboxes.ts";
import { TokenBucket } from "../protocol/token-bucket.ts";
import { type CommandSource, runCommand } from "./run-command.ts";
import { closeTransport } from "./refused.ts";
import type { Steps } from "./steps.ts";
import type { RateLimits, RateWindow, RateWindows, WindowedConnection } from "./rate-windows.ts";

/** What all sessions of a server share. */
export interface SessionContext {
  readonly node: Node;
  readonly liveness: LivenessWheel;
  readonly authorisation: AuthorisationQueue;
  /** Sent to every client in its first frame. */
  readonly activityTimeoutSeconds: number;
  readonly rates: RateLimits;
  readonly windows: RateWindows;
  readonly mailboxes: Mailboxes<Session>;
  /** Runs work that must not delay other connections. */
  readonly steps: Steps;
  /**
   * Checks the session's buffer a little later, because something that was sent to this session alone is buffered.
   */
  readonly checkLater: (session: Session) => void;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
  /**
   * Called when a connection of the address has ended. `closing` says that it was sent a close frame, which the
   * client may not have answered yet.
   */
  readonly connectionEnded: (address: string, closing: boolean) => void;
}

/** What is known about a client when its session is created. */
export interface SessionOptions {
  readonly id: string;
  readonly protocol: number;
  readonly traits: ClientTraits;
  readonly carrier: Carrier;
  /** The client's address if connections are counted by address, otherwise empty. */
  readonly address: string;
  /** What its frames are written with; without one the protocol's own. */
  readonly codec?: Codec;
}

/** A socket with more subscriptions than this leaves its channels in steps. */
const FEW_SUBSCRIPTIONS = 16;
/** A frame of this length may stay in the buffer for a moment even if the client reads normally. */
const LARGE_BYTES = 1024;
/**
 * How many buffered bytes a client may have and still get its next command handled. A reply is often far larger than
 * the command.
 */
const MAX_BUFFERED_REPLY_BYTES = 65_536;

/**
 * A connected client of an app. What its WebSocket calls is described in `Connection`, what the hub calls in `Peer`.
 * Deliberately small, because a server holds a hundred thousand of them.
 */
export class Session implements Connection, CommandSource, Watched, WindowedConnection {
  readonly id: string;
  readonly carrier: Carrier;
  readonly subscriptions: Subscriptions = new Subscriptions();
  readonly codec: Codec;
  readonly traits: ClientTraits;
  deltaAlgorithm: Algorithm | "any" | null = null;
  user: SignedInUser | null = null;
  authorised: boolean = false;
  lastInboundTick: number = 0;
  slot: number = -1;
  place: number = 0;
  pingedTick: number = -1;
  window: RateWindow | null = null;
  lastSecond: number = -1;
  readonly #context: SessionContext;
  readonly #hub: AppHub;
  readonly #protocol: number;
  readonly #address: string;
  #transport: Transport | null = null;
  #closeCode = 0;
  #clientEvents: TokenBucket | null = null;

  constructor(context: SessionContext, hub: AppHub, options: SessionOptions) {
    this.#context = context;
    this.#hub = hub;
    this.id = options.id;
    this.carrier = options.carrier;
    this.#protocol = options.protocol;
    this.codec = options.codec ?? codecOf(options.protocol);
    this.traits = options.traits;
    this.#address = options.address;
  }

  opened(transport: Transport): void {
    this.#transport = transport;
    this.#hub.connect(this);
    this.#context.liveness.add(this);
    if (this.#hub.app.authorisedConnections) this.#context.authorisation.add(this);
    this.#tell(connectionEstablished(this.id, this.#context.activityTimeoutSeconds));
  }

  received(text: string): void {
    if (this.#closeCode !== 0) return;
    this.#noteAlive();
    const { windows, rates, mailboxes } = this.#context;
    const bytes = Buffer.byteLength(text);
    const window = windows.skipsWindow(this, bytes) ? null : windows.of(this);
    const excess = window?.takeFrame(bytes, rates) ?? null;
    if (excess !== null) return this.close(excess);
    const { counters } = this.#hub;
    counters.framesReceived++;
    counters.bytesReceived += bytes;
    if (mailboxes.has(this)) return this.#keep(text);
    if (window?.mustTakeTurns) {
      this.#keep(text);
      return this.resume();
    }
    // The frame waits for `resume`, which is called when the client has read, and once a second.
    if (!this.#mayHandleNext(window)) return this.#keep(text);
    this.#handle(text, window);
  }

  /**
   * Handles the waiting frames, in steps, as long as the client reads the replies and stays within its limits for
   * this second.
   */
  resume(): void {
    const { mailboxes, steps, windows } = this.#context;
    if (mailboxes.startEmptying(this))
      steps.add(this.#emptyMailbox(), () => windows.of(this).isHeavy);
  }

  *#emptyMailbox(): Generator<undefined, void> {
    const { windows, mailboxes } = this.#context;
    for (;;) {
      const window = windows.of(this);
      const text = this.#mayHandleNext(window) ? mailboxes.take(this) : null;
      if (text === null) break;
      this.#handle(text, window);
      if (mailboxes.isHeld(this)) return;
      yield;
    }
    mailboxes.release(this);
  }

  receivedBinary(): void {
    this.#noteAlive();
    this.#end(1003, "Binary messages are not supported");
  }

  receivedControl(): void {
    this.#noteAlive();
    const { windows, rates } = this.#context;
    const excess = windows.of(this).takeControlFrame(rates);
    if (excess !== null) this.close(excess);
  }

  closed(code: number): void {
    this.#context.connectionEnded(this.#address, this.#closeCode !== 0);
    if (this.#transport === null) return;
    this.#transport = null;
    const { liveness, authorisation, mailboxes, node, steps } = this.#context;
    liveness.remove(this);
    authorisation.remove(this);
    mailboxes.drop(this);
    node.pending?.forget(this.#hub, this);
    this.#hub.counters.closed(this.#closeCode === 0 ? code : this.#closeCode);
    this.#hub.disconnect(this);
    if (this.subscriptions.size <= FEW_SUBSCRIPTIONS) unsubscribeAll(this.#hub, this);
    else steps.add(leaveAll(this.#hub, this));
    signOut(this.#hub, this);
  }

  send(frame: Frame): void {
    if (this.#transport === null) return;
    const { length } = frame;
    const status = this.#transport.send(frame, false);
    const isWatched = this.#hub.lags.has(this);
    if (status === 0) this.#closeAfterLoss();
    else if (status < 0 || isWatched || length >= LARGE_BYTES) {
      noteOwnFrames(this.#hub, this, length);
      // Inside its own handlers the runtime reports only afterwards that something is buffered.
      if (status < 0) this.#context.checkLater(this);
      else if (!isWatched) this.#context.steps.add(bufferCheck(this), () => false);
    }
    this.#context.windows.countReply(this, length);
    this.#hub.counters.framesSent++;
    this.#hub.counters.bytesSent += length;
  }

  join(topic: string): void {
    this.#transport?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#transport?.unsubscribe(topic);
  }

  publish(topic: string, frame: Frame): number {
    return this.#transport?.publish(topic, frame, false) ?? 1;
  }

  get isOpen(): boolean {
    return this.#closeCode === 0 && this.#transport !== null;
  }

  get bufferedBytes(): number {
    return this.#transport?.getBufferedAmount() ?? 0;
  }

  checkBuffer(): void {
    if (!this.isOpen) return;
    if (checkLag(this.#hub, this)) this.#context.steps.add(bufferCheck(this), () => false);
  }

  drained(): void {
    // A client that reads is alive, even if it has not had time to send anything.
    this.#noteAlive();
    this.checkBuffer();
    this.resume();
  }

  /**
   * The runtime has dropped a frame, and without it the later frames are useless. The socket is closed in a step of
   * its own, because the caller of `send` is in the middle of one.
   */
  #closeAfterLoss(): void {
    queueMicrotask(() => {
      if (this.isOpen) closeAsTooSlow(this.#hub, this);
    });
  }

  /** Keeps a frame until the frames before it have been handled. */
  #keep(text: string): void {
    const { mailboxes, node } = this.#context;
    mailboxes.put(this, text)?.closeForFullMailbox();
    if (node.pending !== null && mailboxes.isHeld(this)) this.#openAhead(node.pending, text);
  }

  /**
   * If the kept frame is a subscription, starts opening its channel already. The subscription itself is made when its
   * turn comes.
   */
  #openAhead(pending: PendingSubscriptions, text: string): void {
    if (!pending.hasRoom(this)) return;
    const command = readCommand(text);
    if (!isFault(command) && command.kind === "subscribe") pending.add(this.#hub, this, command);
  }

  /** Discards its waiting frames, which take too much memory, and closes it. */
  closeForFullMailbox(): void {
    this.#context.mailboxes.drop(this);
    this.close(CLOSE.tooMuchWaiting());
  }

  /** Whether the next frame may be handled now. */
  #mayHandleNext(window: RateWindow | null): boolean {
    const limit = window?.usedUp(this.#context.rates) ?? null;
    if (limit !== null) this.#hub.counters.hit(limit);
    return limit === null && !this.#mustRead();
  }

  /** Whether so much is buffered for the client that it must read before another command is handled. */
  #mustRead(): boolean {
    return this.#hub.lags.has(this) && this.bufferedBytes >= MAX_BUFFERED_REPLY_BYTES;
  }

  #handle(text: string, window: RateWindow | null): void {
    if (this.#closeCode !== 0) return;
    const command = readCommand(text);
    if (window !== null && !isFault(command) && command.kind === "subscribe")
      window.subscriptions++;
    if (isFault(command)) return this.#refuse(command);
    const outcome = runCommand(this.#context.node, this.#hub, this, command);
    if (outcome instanceof Promise) this.#waitFor(outcome);
    else if (outcome !== null) this.#refuse(outcome);
  }

  /** Keeps all later frames until the command is done, so that they are handled in order. */
  #waitFor(outcome: Promise<Fault | null>): void {
    const { mailboxes } = this.#context;
    mailboxes.hold(this);
    void outcome.then((fault) => {
      if (fault !== null && this.isOpen) this.#refuse(fault);
      mailboxes.release(this);
      this.resume();
    });
  }

  ping(): void {
    this.#transport?.ping();
  }

  expire(): void {
    this.close(CLOSE.noPong());
  }

  close(fault: Fault): void {
    if (this.#transport === null || this.#closeCode !== 0) return;
    this.#count(fault);
    this.#closeCode = fault.code ?? 1011;
    closeTransport(this.#transport, fault, this.#protocol, this.codec);
  }

  #end(code: number, reason: string): void {
    if (this.#transport === null || this.#closeCode !== 0) return;
    this.#closeCode = code;
    this.#transport.close(code, reason);
  }

  #refuse(fault: Fault): void {
    this.#count(fault);
    this.#tell(errorMessage(fault));
  }

  #count({ limit }: Fault): void {
    if (limit !== undefined) this.#hub.counters.hit(limit);
  }

  /** Records that the client is alive. */
  #noteAlive(): void {
    this.lastInboundTick = this.#context.liveness.tick;
  }

  takeClientEvent(): Fault | null {
    const perSecond = this.#hub.app.limits.maxClientEventsPerSecond;
    if (perSecond === Infinity) return null;
    const nowMs = this.#context.nowMs();
    this.#clientEvents ??= new TokenBucket(perSecond, nowMs);
    return this.#clientEvents.withRate(perSecond, nowMs).take(nowMs)
      ? null
      : REFUSE.clientEventRate(perSecond);
  }

  #tell(message: Message): void {
    this.send(this.codec.write(message));
  }
}

/** A check of the session's buffer, as a piece of work for `Steps`. */
function* bufferCheck(session: Session): Generator<undefined, void> {
  yield;
  session.checkBuffer();
}

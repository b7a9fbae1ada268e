// One socket's life from the first frame to the last. Frames are handled strictly in order: each in one
// synchronous step or, where something must be waited for, with all later ones kept until it is done.
import type { AppHub } from "../hub/app-hub.ts";
import { excuse, giveUp } from "../hub/lag/catch-up.ts";
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
import { type Commander, obey } from "./obey.ts";
import { closeTransport } from "./refused.ts";
import type { Steps } from "./steps.ts";
import type { RateLimits, Window, Windowed, Windows } from "./windows.ts";

/** What all sessions of a server share. */
export interface SessionContext {
  readonly node: Node;
  readonly liveness: LivenessWheel;
  readonly authorisation: AuthorisationQueue;
  /** Told to every client in its first frame. */
  readonly activityTimeoutSeconds: number;
  readonly rates: RateLimits;
  readonly windows: Windows;
  readonly mailboxes: Mailboxes<Session>;
  /** Work that must not keep others waiting. */
  readonly steps: Steps;
  /** Has the session checked soon, because something that was sent to it alone is buffered. */
  readonly checkLater: (session: Session) => void;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
  /** A connection of the address has ended; `closing` says that it was sent a close frame and may not have answered. */
  readonly departed: (address: string, closing: boolean) => void;
}

/** What a session is told of its client. */
export interface SessionOptions {
  readonly id: string;
  readonly protocol: number;
  readonly traits: ClientTraits;
  readonly carrier: Carrier;
  /** The client's address where connections are counted by it, else empty. */
  readonly address: string;
  /** What its frames are written with; without one the protocol's own. */
  readonly codec?: Codec;
}

/** A socket with more subscriptions leaves them in steps. */
const FEW_SUBSCRIPTIONS = 16;
/** A text of this length may wait for a client that reads as usual. */
const LARGE_BYTES = 1024;
/** What may wait for a client that asks for more: an answer is often far larger than the question. */
const ANSWERS_AT_ONCE_BYTES = 65_536;

/** A connected client of an app. Small on purpose: a server holds a hundred thousand. */
export class Session implements Connection, Commander, Watched, Windowed {
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
  window: Window | null = null;
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
    this.#tick();
    const { windows, rates, mailboxes } = this.#context;
    const bytes = Buffer.byteLength(text);
    const window = windows.isFirst(this, bytes) ? null : windows.of(this);
    const excess = window?.takeFrame(bytes, rates) ?? null;
    if (excess !== null) return this.close(excess);
    const { counters } = this.#hub;
    counters.framesReceived++;
    counters.bytesReceived += bytes;
    if (mailboxes.has(this)) return this.#keep(text);
    if (window?.takesTurns) {
      this.#keep(text);
      return this.goOn();
    }
    if (!this.#mayGoOn(window)) return this.#keep(text);
    this.#handle(text, window);
  }

  /** Goes on with the frames that wait, in steps, as long as the client reads the answers and has not used its second up. */
  goOn(): void {
    const { mailboxes, steps, windows } = this.#context;
    if (mailboxes.begin(this)) steps.add(this.#emptyMailbox(), () => windows.of(this).asksForMuch);
  }

  *#emptyMailbox(): Generator<undefined, void> {
    const { windows, mailboxes } = this.#context;
    for (;;) {
      const window = windows.of(this);
      const text = this.#mayGoOn(window) ? mailboxes.take(this) : null;
      if (text === null) break;
      this.#handle(text, window);
      if (mailboxes.isHeld(this)) return;
      yield;
    }
    mailboxes.rest(this);
  }

  receivedBinary(): void {
    this.#tick();
    this.#end(1003, "Binary messages are not supported");
  }

  touched(): void {
    this.#tick();
    const { windows, rates } = this.#context;
    const excess = windows.of(this).takeControlFrame(rates);
    if (excess !== null) this.close(excess);
  }

  closed(code: number): void {
    this.#context.departed(this.#address, this.#closeCode !== 0);
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
    if (status === 0) this.#lose();
    else if (status < 0 || isWatched || length >= LARGE_BYTES) {
      excuse(this.#hub, this, length);
      // Within its own handlers the runtime tells only afterwards that something is buffered.
      if (status < 0) this.#context.checkLater(this);
      else if (!isWatched) this.#context.steps.add(onceMore(this), () => false);
    }
    this.#context.windows.answered(this, length);
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
    if (checkLag(this.#hub, this)) this.#context.steps.add(onceMore(this), () => false);
  }

  drained(): void {
    // A client that reads is alive, even if it has not had the time to say so.
    this.#tick();
    this.checkBuffer();
    this.goOn();
  }

  /** The runtime has thrown a frame away: without it the rest is worth nothing. Ends in a step of its own, since whoever sends is in the middle of one. */
  #lose(): void {
    queueMicrotask(() => {
      if (this.isOpen) giveUp(this.#hub, this);
    });
  }

  /** Keeps a frame until those before it have been handled. */
  #keep(text: string): void {
    const { mailboxes, node } = this.#context;
    mailboxes.put(this, text)?.closeForWaiting();
    if (node.pending !== null && mailboxes.isHeld(this)) this.#foresee(node.pending, text);
  }

  /** Has the channel of a subscription opened that will be handled when its turn comes. */
  #foresee(pending: PendingSubscriptions, text: string): void {
    const command = readCommand(text);
    if (!isFault(command) && command.kind === "subscribe") pending.add(this.#hub, this, command);
  }

  /** Closes it for the frames of its own that wait, and forgets them. */
  closeForWaiting(): void {
    this.#context.mailboxes.drop(this);
    this.close(CLOSE.tooMuchWaiting());
  }

  /** Whether the next frame may be handled now. */
  #mayGoOn(window: Window | null): boolean {
    const limit = window?.usedUp(this.#context.rates) ?? null;
    if (limit !== null) this.#hub.counters.hit(limit);
    return limit === null && !this.#mustRead();
  }

  /** Whether so much waits for the client that it must read before it is answered anything more. */
  #mustRead(): boolean {
    return this.#hub.lags.has(this) && this.bufferedBytes >= ANSWERS_AT_ONCE_BYTES;
  }

  #handle(text: string, window: Window | null): void {
    if (this.#closeCode !== 0) return;
    const command = readCommand(text);
    if (window !== null && !isFault(command) && command.kind === "subscribe")
      window.subscriptions++;
    if (isFault(command)) return this.#refuse(command);
    const outcome = obey(this.#context.node, this.#hub, this, command);
    if (outcome instanceof Promise) this.#waitFor(outcome);
    else if (outcome !== null) this.#refuse(outcome);
  }

  /** Keeps all further frames until the command is done, so that they are handled in their order. */
  #waitFor(outcome: Promise<Fault | null>): void {
    const { mailboxes } = this.#context;
    mailboxes.hold(this);
    void outcome.then((fault) => {
      if (fault !== null && this.isOpen) this.#refuse(fault);
      mailboxes.rest(this);
      this.goOn();
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

  /** Notes that the client is alive. */
  #tick(): void {
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

/** A look at the session's buffer as a piece of work. */
function* onceMore(session: Session): Generator<undefined, void> {
  yield;
  session.checkBuffer();
}

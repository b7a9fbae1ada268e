// One socket's life from the first frame to the last. Frames are handled strictly in order, each
// in one synchronous step.
import { sendClientEvent } from "../hub/client-event.ts";
import type { AppHub } from "../hub/app-hub.ts";
import { authorise } from "../hub/authorise.ts";
import { enableDelta, resync } from "../hub/delta/requests.ts";
import { excuse, giveUp } from "../hub/lag/catch-up.ts";
import { checkLag } from "../hub/lag/check.ts";
import type { Socket } from "../hub/socket.ts";
import { commit, leaveAll, unsubscribe, unsubscribeAll } from "../hub/subscribe.ts";
import { Subscriptions } from "../hub/subscriptions.ts";
import { signIn, signOut } from "../hub/users.ts";
import {
  type ClientEventCommand,
  type Command,
  readCommand,
  type SubscribeCommand,
} from "../protocol/commands.ts";
import type { ClientTraits } from "../protocol/client-traits.ts";
import type { Codec, Frame } from "../protocol/codec.ts";
import { codecOf } from "../protocol/codecs.ts";
import type { Algorithm } from "../protocol/delta-request.ts";
import { CLOSE, type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { connectionEstablished, errorMessage, type Message, PONG } from "../protocol/messages.ts";
import type { SignedInUser } from "../protocol/signin.ts";
import type { AuthorisationQueue } from "./authorisation.ts";
import type { Connection, Wire } from "./connection.ts";
import type { LivenessWheel, Watched } from "./liveness.ts";
import type { Mailboxes } from "./mailboxes.ts";
import { TokenBucket } from "../protocol/token-bucket.ts";
import { closeWire } from "./refused.ts";
import type { Steps } from "./steps.ts";
import type { RateLimits, Window, Windowed, Windows } from "./windows.ts";

/** What all sessions of a server share. */
export interface SessionContext {
  readonly liveness: LivenessWheel;
  readonly authorisation: AuthorisationQueue;
  /** Told to every client in its first frame. */
  readonly activityTimeoutSeconds: number;
  readonly rates: RateLimits;
  readonly windows: Windows;
  readonly mailboxes: Mailboxes<Session>;
  /** Work that must not keep others waiting. */
  readonly steps: Steps;
  /** Told of a session that does not take at once what is sent to it alone. */
  readonly suspect: (session: Session) => void;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
  /** A connection of the address has ended; `closing` says that it was sent a close frame and may not have answered. */
  readonly departed: (address: string, closing: boolean) => void;
}

/** What a session is made for. */
export interface Visitor {
  readonly id: string;
  readonly protocol: number;
  readonly traits: ClientTraits;
  /** Which of the process's servers it came to. */
  readonly listener: number;
  /** The client's address where connections are counted by it, else empty. */
  readonly address: string;
}

/** A socket with more subscriptions leaves them in steps. */
const FEW_SUBSCRIPTIONS = 16;
/** A text of this length may wait for a client that reads as usual. */
const LARGE_BYTES = 1024;
/** What may wait for a client that asks for more: an answer is often far larger than the question. */
const ANSWERS_AT_ONCE_BYTES = 65_536;

/** A connected client of an app. Small on purpose: a server holds a hundred thousand. */
export class Session implements Connection, Socket, Watched, Windowed {
  readonly id: string;
  /** Which of the process's servers the connection belongs to. */
  readonly listener: number;
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
  #wire: Wire | null = null;
  #closeCode = 0;
  #clientEvents: TokenBucket | null = null;

  constructor(context: SessionContext, hub: AppHub, visitor: Visitor) {
    this.#context = context;
    this.#hub = hub;
    this.id = visitor.id;
    this.listener = visitor.listener;
    this.#protocol = visitor.protocol;
    this.codec = codecOf(visitor.protocol);
    this.traits = visitor.traits;
    this.#address = visitor.address;
  }

  opened(wire: Wire): void {
    this.#wire = wire;
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
    if (this.#wire === null) return;
    this.#wire = null;
    const { liveness, authorisation, mailboxes, steps } = this.#context;
    liveness.remove(this);
    authorisation.remove(this);
    mailboxes.drop(this);
    this.#hub.counters.closed(this.#closeCode === 0 ? code : this.#closeCode);
    this.#hub.disconnect(this);
    if (this.subscriptions.size <= FEW_SUBSCRIPTIONS) unsubscribeAll(this.#hub, this);
    else steps.add(leaveAll(this.#hub, this));
    signOut(this.#hub, this);
  }

  send(frame: Frame): void {
    if (this.#wire === null) return;
    const { length } = frame;
    const status = this.#wire.send(frame, false);
    const isWatched = this.#hub.lags.has(this);
    if (status === 0) this.#lose();
    else if (status < 0 || isWatched || length >= LARGE_BYTES) {
      excuse(this.#hub, this, length);
      // Within its own handlers the runtime says only afterwards that something waits.
      if (status < 0) this.#context.suspect(this);
      else if (!isWatched) this.#context.steps.add(onceMore(this), () => false);
    }
    this.#context.windows.answered(this, length);
    this.#hub.counters.framesSent++;
    this.#hub.counters.bytesSent += length;
  }

  join(topic: string): void {
    this.#wire?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#wire?.unsubscribe(topic);
  }

  /** Publishes to all sockets of the topic on the same server but this one. Returns the status that a server's publish would. */
  publish(topic: string, frame: Frame, compress: boolean): number {
    return this.#wire?.publish(topic, frame, compress) ?? 1;
  }

  get bufferedBytes(): number {
    return this.#wire?.getBufferedAmount() ?? 0;
  }

  /** Looks whether the client keeps up. One that lags is taken off its topics until it has read what waits for it; one that reads too little is closed. */
  lookAtBuffer(): void {
    if (this.#closeCode !== 0 || this.#wire === null) return;
    if (checkLag(this.#hub, this)) this.#context.steps.add(onceMore(this), () => false);
  }

  drained(): void {
    // A client that reads is alive, even if it has not had the time to say so.
    this.#tick();
    this.lookAtBuffer();
    this.goOn();
  }

  /** The runtime has thrown a frame away: without it the rest is worth nothing. Ends in a step of its own, since whoever sends is in the middle of one. */
  #lose(): void {
    queueMicrotask(() => {
      if (this.#closeCode === 0 && this.#wire !== null) giveUp(this.#hub, this);
    });
  }

  /** Keeps a frame until those before it have been handled. */
  #keep(text: string): void {
    this.#context.mailboxes.put(this, text)?.closeForWaiting();
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
    const fault = isFault(command) ? command : this.#obey(command);
    if (fault !== null) this.#refuse(fault);
  }

  ping(): void {
    this.#wire?.ping();
  }

  expire(): void {
    // Who does not answer a ping may not answer a close frame either.
    if (this.#closeCode === 0) this.close(CLOSE.noPong());
    else this.#wire?.terminate();
  }

  close(fault: Fault): void {
    if (this.#wire === null || this.#closeCode !== 0) return;
    this.#count(fault);
    this.#closeCode = fault.code ?? 1011;
    this.#context.liveness.close(this);
    closeWire(this.#wire, fault, this.#protocol);
  }

  #end(code: number, reason: string): void {
    if (this.#wire === null || this.#closeCode !== 0) return;
    this.#closeCode = code;
    this.#context.liveness.close(this);
    this.#wire.close(code, reason);
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

  #obey(command: Command): Fault | null {
    switch (command.kind) {
      case "ping":
        this.#tell(PONG);
        return null;
      case "pong":
        return null;
      case "subscribe":
        return this.#subscribe(command);
      case "unsubscribe":
        return unsubscribe(this.#hub, this, command.channel);
      case "signin":
        return signIn(this.#hub, this, command);
      case "enableDelta":
        enableDelta(this.#hub, this, command.algorithm);
        // There may be more channels to bring in step than one step takes.
        this.lookAtBuffer();
        return null;
      case "deltaSyncError":
        resync(this.#hub, this, command.channel);
        return null;
      case "clientEvent":
        return this.#relay(command);
      default:
        return command satisfies never;
    }
  }

  #subscribe(command: SubscribeCommand): Fault | null {
    const authorised = authorise(this.#hub, this, command);
    return isFault(authorised) ? authorised : commit(this.#hub, this, command, authorised);
  }

  #tell(message: Message): void {
    this.send(this.codec.write(message));
  }

  #relay(command: ClientEventCommand): Fault | null {
    const perSecond = this.#hub.app.limits.maxClientEventsPerSecond;
    if (perSecond === Infinity) return sendClientEvent(this.#hub, this, command);
    const nowMs = this.#context.nowMs();
    this.#clientEvents ??= new TokenBucket(perSecond, nowMs);
    if (!this.#clientEvents.take(nowMs)) return REFUSE.clientEventRate(perSecond);
    return sendClientEvent(this.#hub, this, command);
  }
}

/** A look at the session's buffer as a piece of work. */
function* onceMore(session: Session): Generator<undefined, void> {
  yield;
  session.lookAtBuffer();
}

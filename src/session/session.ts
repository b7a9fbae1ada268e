// One socket's life from the first frame to the last. Frames are handled strictly in order, each
// in one synchronous step.
import { sendClientEvent } from "../hub/client-event.ts";
import type { Subscription } from "../hub/channel.ts";
import type { AppHub } from "../hub/hub.ts";
import type { Socket } from "../hub/ports.ts";
import { subscribe, unsubscribe, unsubscribeAll } from "../hub/subscribe.ts";
import { type ClientEventCommand, type Command, readCommand } from "../protocol/commands.ts";
import { CLOSE, type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { connectionEstablished, errorFrame, PONG_FRAME } from "../protocol/frames.ts";
import type { Handshake } from "../protocol/handshake.ts";
import type { Connection, Wire } from "./connection.ts";
import type { LivenessWheel, Watched } from "./liveness.ts";
import { TokenBucket } from "./rate.ts";
import { closeWire } from "./refused.ts";

/** What all sessions of a server share. */
export interface SessionContext {
  readonly liveness: LivenessWheel;
  /** Told to every client in its first frame. */
  readonly activityTimeoutSeconds: number;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
}

/** A connected client of an app. Small on purpose: a server holds a hundred thousand. */
export class Session implements Connection, Socket, Watched {
  readonly id: string;
  readonly subscriptions: Map<string, Subscription> = new Map();
  lastInboundTick = 0;
  slot = -1;
  place = 0;
  pingedTick = -1;
  readonly #context: SessionContext;
  readonly #hub: AppHub;
  readonly #protocol: number;
  #wire: Wire | null = null;
  #closing = false;
  #clientEvents: TokenBucket | null = null;

  constructor(context: SessionContext, hub: AppHub, id: string, handshake: Handshake) {
    this.#context = context;
    this.#hub = hub;
    this.id = id;
    this.#protocol = handshake.protocol;
  }

  opened(wire: Wire): void {
    this.#wire = wire;
    this.#hub.sockets.set(this.id, this);
    this.#context.liveness.add(this);
    this.send(connectionEstablished(this.id, this.#context.activityTimeoutSeconds));
  }

  received(text: string): void {
    this.touched();
    const command = readCommand(text);
    const fault = isFault(command) ? command : this.#obey(command);
    if (fault !== null) this.send(errorFrame(fault));
  }

  receivedBinary(): void {
    this.#wire?.close(1003, "Binary messages are not supported");
  }

  touched(): void {
    this.lastInboundTick = this.#context.liveness.tick;
  }

  closed(): void {
    if (this.#wire === null) return;
    this.#wire = null;
    this.#context.liveness.remove(this);
    this.#hub.sockets.delete(this.id);
    unsubscribeAll(this.#hub, this);
  }

  send(text: string): void {
    this.#wire?.send(text, false);
  }

  join(topic: string): void {
    this.#wire?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#wire?.unsubscribe(topic);
  }

  /** Publishes to all sockets of the topic but this one. */
  publish(topic: string, text: string): void {
    this.#wire?.publish(topic, text, false);
  }

  ping(): void {
    this.#wire?.ping();
  }

  expire(): void {
    // Who does not answer a ping may not answer a close frame either.
    if (this.#closing) this.#wire?.terminate();
    else this.close(CLOSE.noPong());
  }

  /** Closes the connection with the fault's code and text; nothing happens when that is under way. */
  close(fault: Fault): void {
    if (this.#wire === null || this.#closing) return;
    this.#closing = true;
    closeWire(this.#wire, fault, this.#protocol);
  }

  #obey(command: Command): Fault | null {
    switch (command.kind) {
      case "ping":
        this.send(PONG_FRAME);
        return null;
      case "pong":
        return null;
      case "subscribe":
        return subscribe(this.#hub, this, command);
      case "unsubscribe":
        return unsubscribe(this.#hub, this, command.channel);
      case "clientEvent":
        return this.#relay(command);
      default:
        return command satisfies never;
    }
  }

  #relay(command: ClientEventCommand): Fault | null {
    const perSecond = this.#hub.app.limits.maxClientEventsPerSecond;
    const nowMs = this.#context.nowMs();
    this.#clientEvents ??= new TokenBucket(perSecond, nowMs);
    if (!this.#clientEvents.take(nowMs)) return REFUSE.clientEventRate(perSecond);
    return sendClientEvent(this.#hub, this, command);
  }
}

// A light client that holds what pusher-js holds and writes everything that it sees into the journal. It
// does not reconnect: each connection is a client of its own.
import { within } from "../../harness/deadline.ts";
import { parseObject } from "../../harness/json.ts";
import { signinText, subscribeText } from "../../harness/frames.ts";
import { signSignin, signSubscription } from "../../harness/signing.ts";
import { socketUrl } from "../../harness/target.ts";
import { type Journal, SIGNED_IN, type Stay } from "./journal.ts";
import { takeEvent } from "./taking.ts";
import type { AnsweringNode } from "./views.ts";

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  /** Whether the client ended it. */
  readonly isOurs: boolean;
}

let clientCount = 0;

/** One connection. */
export class Observer {
  readonly name: string = `c${clientCount++}`;
  readonly node: AnsweringNode;
  readonly userId: string;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<Ending>;
  /** The subscriptions that were not left. */
  readonly stays: Map<string, Stay> = new Map();
  readonly #journal: Journal;
  readonly #socket: WebSocket;
  readonly #established = Promise.withResolvers<string>();
  readonly #successes = new Map<string, PromiseWithResolvers<Stay>>();
  #pong: PromiseWithResolvers<void> = Promise.withResolvers();
  #isEnding = false;
  #number = 0;

  /** Begins to connect to the node. */
  constructor(journal: Journal, node: AnsweringNode, userId: string) {
    this.#journal = journal;
    this.node = node;
    this.userId = userId;
    this.#socket = new WebSocket(socketUrl(node.server));
    this.#socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#take(String(data));
    const ended = Promise.withResolvers<Ending>();
    this.ended = ended.promise;
    this.#socket.onclose = ({ code }: CloseEvent) => {
      this.#end();
      ended.resolve({ code, isOurs: this.#isEnding });
    };
    // A rejection that nobody waits for is no error: `ended` tells of it.
    this.#established.promise.catch(() => {});
  }

  /** Waits for the handshake. @throws when the connection ends before. */
  async connected(): Promise<this> {
    await within(this.#established.promise, `the handshake of ${this.name}`);
    return this;
  }

  /** Asks to be on a channel, as the user where the channel has members, and waits for the success. @throws when the connection ends before. */
  async subscribe(channel: string): Promise<Stay> {
    return within(this.ask(channel), `the success of ${this.name} on ${channel}`);
  }

  /** The same, without a limit of time. */
  async ask(channel: string): Promise<Stay> {
    const socketId = await this.#established.promise;
    const hasMembers = channel.startsWith("presence-");
    const stay = this.#enter(channel, hasMembers ? this.userId : null, null);
    const member = hasMembers ? JSON.stringify({ user_id: this.userId }) : undefined;
    this.#send(subscribeText(signSubscription(socketId, channel, member)));
    return this.#success(channel, stay);
  }

  /** Signs in with a watchlist, whose members' coming and going is kept like that of a channel. */
  async signIn(watchlist: readonly string[] = []): Promise<Stay> {
    const socketId = await this.#established.promise;
    const stay = this.#enter(SIGNED_IN, this.userId, new Set(watchlist));
    this.#send(signinText(signSignin(socketId, JSON.stringify({ id: this.userId, watchlist }))));
    return within(this.#success(SIGNED_IN, stay), `the sign-in of ${this.name}`);
  }

  /** Leaves a channel, and waits until the server has taken that. */
  async leave(channel: string): Promise<void> {
    const stay = this.stays.get(channel);
    if (stay === undefined) return;
    stay.leftMs = performance.now();
    this.#send(JSON.stringify({ event: "pusher:unsubscribe", data: { channel } }));
    await this.answered();
    this.stays.delete(channel);
  }

  /** Waits until the server has handled every frame that was sent before. */
  async answered(): Promise<void> {
    this.#pong = Promise.withResolvers();
    this.#send('{"event":"pusher:ping","data":{}}');
    await within(Promise.race([this.#pong.promise, this.ended]), `a pong for ${this.name}`);
  }

  /** Sends a client event with the next number of this client. */
  clientEvent(channel: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const { name: lane, node } = this;
    const number = this.#number++;
    this.#journal.sends({ lane, number, channel, node: node.name, sender: lane });
    this.#send(JSON.stringify({ event: "client-tick", channel, data: { lane, number } }));
  }

  /** Closes the connection, and waits for its end. */
  async close(): Promise<void> {
    this.#isEnding = true;
    this.#leaveAll();
    this.#socket.close();
    await within(this.ended, `the end of ${this.name}`);
  }

  /** Loses the connection, without a close frame. */
  terminate(): void {
    this.#isEnding = true;
    this.#leaveAll();
    this.#socket.terminate();
  }

  #leaveAll(): void {
    for (const stay of this.stays.values()) stay.leftMs ??= performance.now();
  }

  #end(): void {
    this.#leaveAll();
    this.#fail(`its connection has ended`);
  }

  /** The server has refused something: nothing here asks for what must be refused. */
  #refused(text: string): void {
    this.#journal.accidents.push(`${this.name} at node ${this.node.name}: ${text}`);
    this.#fail(`the server said ${text}`);
  }

  #fail(why: string): void {
    const reason = new Error(`Cannot go on with ${this.name}: ${why}`);
    this.#established.reject(reason);
    for (const success of this.#successes.values()) success.reject(reason);
  }

  #enter(channel: string, userId: string | null, watched: Stay["watched"]): Stay {
    const { name: client, node } = this;
    const stay = this.#journal.asks({ client, node: node.name, channel, userId }, watched);
    this.stays.set(channel, stay);
    return stay;
  }

  #success(channel: string, stay: Stay): Promise<Stay> {
    if (stay.succeededMs !== null) return Promise.resolve(stay);
    const success = Promise.withResolvers<Stay>();
    this.#successes.set(channel, success);
    success.promise.catch(() => {});
    return success.promise;
  }

  #send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #take(text: string): void {
    const { event, channel, data } = parseObject(text);
    switch (event) {
      case "pusher:connection_established":
        return this.#established.resolve(String(parseObject(data)["socket_id"]));
      case "pusher:ping":
        return this.#send('{"event":"pusher:pong","data":{}}');
      case "pusher:pong":
        return this.#pong.resolve();
      case "pusher:error":
        return this.#refused(text);
    }
    const name = typeof channel === "string" ? channel : SIGNED_IN;
    const stay = this.stays.get(name);
    if (stay === undefined || stay.leftMs !== null) return;
    if (!takeEvent(stay, String(event), data)) return;
    this.#successes.get(name)?.resolve(stay);
    this.#successes.delete(name);
  }
}

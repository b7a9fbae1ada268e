// A publisher's connection to one node. What is published over one connection, one after the other, has an
// order; over two it has none, since they may lead to different workers.
import { HttpConnection, request } from "../../harness/http-connection.ts";
import { signRequest } from "../../harness/signing.ts";
import { resource } from "../../harness/target.ts";
import type { Journal } from "./journal.ts";
import type { AnsweringNode } from "./views.ts";

/** A publisher gives a node up that has not answered by then. */
const GIVE_UP_MS = 5000;

let laneCount = 0;

/** One connection, and the number of the next publication. */
export class Lane {
  readonly name: string;
  readonly node: AnsweringNode;
  readonly #connection: HttpConnection = new HttpConnection();
  #isConnected = false;
  #isBroken = false;
  #number = 0;

  /** `publisher` is who publishes. */
  constructor(publisher: string, node: AnsweringNode) {
    this.name = `${publisher}@${node.name}.${laneCount++}`;
    this.node = node;
  }

  /** Whether it cannot be used any more: its order has ended with it. */
  get isBroken(): boolean {
    return this.#isBroken || this.#connection.tcp.isEnded;
  }

  /** Publishes to a channel and waits for the answer. Returns its status, 0 when there is none. */
  async publish(journal: Journal, channel: string, padding = ""): Promise<number> {
    const { name: lane, node } = this;
    const number = this.#number++;
    const sending = journal.sends({ lane, number, channel, node: node.name, sender: null });
    const data = JSON.stringify({ lane, number, padding });
    const status = await this.#post(JSON.stringify({ name: "tick", channel, data }));
    sending.status = status;
    sending.answeredMs = performance.now();
    return status;
  }

  /** Ends the connection. */
  close(): void {
    this.#isBroken = true;
    this.#connection.tcp.terminate();
  }

  async #post(body: string): Promise<number> {
    try {
      if (!this.#isConnected) await this.#connection.connect(null, this.node.server);
      this.#isConnected = true;
      const line = `POST ${signRequest("POST", resource("/events"), body)}`;
      const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
      const answer = this.#connection.ask(request(line, headers, body));
      const given = await Promise.race([answer, Bun.sleep(GIVE_UP_MS)]);
      if (given) return given.status;
    } catch {
      // Nobody listens there, as after a crash.
    }
    this.close();
    return 0;
  }
}

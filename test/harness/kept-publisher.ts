// An application that publishes without pause over a connection that it keeps, and makes another only when the
// server has ended that one or says that it will. It tries nothing twice: what a library cannot know to be safe to
// repeat is lost.
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Inbox } from "./inbox.ts";
import { signRequest } from "./signing.ts";
import { resource, type Target } from "./target.ts";

/** What has become of the publishes. */
export interface Published {
  readonly count: number;
  /** Connections that were made for them. */
  readonly connectionCount: number;
  /** Why others failed, one line each. */
  readonly failures: readonly string[];
}

/** See the file's head. */
export class KeptPublisher {
  readonly #target: Target;
  readonly #secure: boolean;
  readonly #published: Promise<void>;
  readonly #failures: string[] = [];
  #count = 0;
  #connectionCount = 0;
  #over = false;

  /** Begins to publish. */
  constructor(target: Target, transport: "plain" | "secure") {
    this.#target = target;
    this.#secure = transport === "secure";
    this.#published = this.#publish();
  }

  /** Ends the publishing and tells how it went. */
  async stop(): Promise<Published> {
    this.#over = true;
    await this.#published;
    return {
      count: this.#count,
      connectionCount: this.#connectionCount,
      failures: this.#failures,
    };
  }

  async #publish(): Promise<void> {
    let kept: KeptConnection | null = null;
    while (!this.#over) {
      try {
        if (kept === null || kept.over) {
          kept = new KeptConnection(await this.#connect());
          this.#connectionCount++;
        }
        await kept.ask(this.#request());
        this.#count++;
      } catch (error) {
        this.#failures.push(String(error));
        kept?.end();
        kept = null;
      }
    }
    kept?.end();
  }

  #connect(): Promise<Socket> {
    const { host, port } = this.#target;
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    // Whoever it is: certificates come and go here.
    const socket = this.#secure
      ? connectTls({ host, port, rejectUnauthorized: false }, () => resolve(socket))
      : connect({ host, port }, () => resolve(socket));
    socket.on("error", reject);
    return promise;
  }

  #request(): string {
    const body = JSON.stringify({ name: "e", channel: "news", data: String(this.#count) });
    const path = signRequest("POST", resource("/events"), body, {
      // No request like another: a repeated one would be refused.
      parameters: { n: crypto.randomUUID() },
    });
    return `POST ${path} HTTP/1.1\r\nHost: ${this.#target.host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }
}

/** One connection, for one request after the other. */
class KeptConnection {
  readonly #socket: Socket;
  /** Answers, and null for the end. */
  readonly #answers: Inbox<string | null> = new Inbox();
  #text = "";
  over = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#read(bytes.toString("latin1")));
    socket.on("end", () => this.end());
    socket.on("error", () => this.end());
    socket.on("close", () => this.end());
  }

  /** @throws when the answer is not 200, or does not come. */
  async ask(request: string): Promise<void> {
    this.#socket.write(request);
    const answer = await this.#answers.next();
    if (answer === null) throw new Error("The connection ended without an answer");
    if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(answer);
    if (/\r\nconnection: close\r\n/i.test(answer)) this.end();
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.#answers.push(null);
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#text += text;
    const [head, length] = /^[^]*?\r\ncontent-length: (\d+)[^]*?\r\n\r\n/i.exec(this.#text) ?? [];
    if (head === undefined || this.#text.length < head.length + Number(length)) return;
    this.#answers.push(this.#text);
    this.#text = "";
  }
}

// An application that publishes without pause over a kept connection, and makes another only when the server has
// ended that one or says that it will. It retries nothing, since a library cannot know whether that is safe.
import { HttpConnection, request } from "../harness/http-connection.ts";
import { signRequest } from "../harness/signing.ts";
import { resource, type Target } from "../harness/target.ts";

/** The results of all publishes. */
export interface Published {
  readonly count: number;
  /** Connections that were made for them. */
  readonly connectionCount: number;
  /** Why others failed, one line each. */
  readonly failures: readonly string[];
}

/** One application. */
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
    let kept: HttpConnection | null = null;
    while (!this.#over) {
      try {
        if (kept === null || kept.tcp.isEnded) {
          kept = new HttpConnection();
          await kept.connect(null, this.#target, { secure: this.#secure });
          this.#connectionCount++;
        }
        await this.#ask(kept);
        this.#count++;
      } catch (error) {
        this.#failures.push(Bun.inspect(error));
        kept?.tcp.terminate();
        kept = null;
      }
    }
    kept?.tcp.terminate();
  }

  /** @throws when the answer is not 200, or does not come. */
  async #ask(connection: HttpConnection): Promise<void> {
    const body = JSON.stringify({ name: "e", channel: "news", data: String(this.#count) });
    const path = signRequest("POST", resource("/events"), body, {
      // Makes each signature unique, since a repeated one would be refused.
      parameters: { n: crypto.randomUUID() },
    });
    const answer = await connection.ask(
      request(`POST ${path}`, `Content-Length: ${body.length}\r\n`, body),
    );
    if (answer === null) throw new Error("The connection ended without an answer");
    const { status, head } = answer;
    if (status !== 200) throw new Error(`${head}\r\n\r\n${answer.body}`);
    if (/\r\nconnection: close(\r\n|$)/i.test(head)) connection.tcp.terminate();
  }
}

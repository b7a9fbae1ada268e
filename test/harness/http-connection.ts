// An HTTP connection whose requests are any bytes. It reads answers as the protocol has them, by
// `Content-Length`, one after the other, and follows no other rule.
import { within } from "./deadline.ts";
import { Inbox } from "./inbox.ts";
import type { Scope } from "./scope.ts";
import { Pipe, type Place } from "./tcp-connection.ts";

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: string;
}

const HEAD_END = "\r\n\r\n";

/** See the file's head. */
export class HttpConnection {
  /** Answers that nobody has taken yet; null stands for the end of the connection. */
  readonly answers: Inbox<HttpAnswer | null> = new Inbox();
  readonly pipe: Pipe = new Pipe({
    data: (bytes) => this.#data(bytes),
    ended: () => {
      this.#ended.resolve();
      this.answers.push(null);
    },
  });
  readonly #ended = Promise.withResolvers<void>();
  #rest = "";

  /** Connects. The scope, when there is one, ends the connection. */
  connect(scope: Scope | null, place: Place): Promise<void> {
    return this.pipe.connect(scope, place);
  }

  /** Sends a request and waits for its answer; null when the connection ends without one. */
  ask(request: string | Uint8Array): Promise<HttpAnswer | null> {
    this.pipe.write(request);
    return this.answers.next();
  }

  /** Waits for the server to end the connection. */
  ended(): Promise<void> {
    return within(this.#ended.promise, "the end of the HTTP connection");
  }

  #data(bytes: Buffer): void {
    this.#rest += bytes.toString("latin1");
    for (;;) {
      const end = this.#rest.indexOf(HEAD_END);
      if (end < 0) return;
      const head = this.#rest.slice(0, end);
      const [, status = ""] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
      const [, length = "0"] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
      const bodyEnd = end + HEAD_END.length + Number(length);
      if (this.#rest.length < bodyEnd) return;
      const body = this.#rest.slice(end + HEAD_END.length, bodyEnd);
      this.#rest = this.#rest.slice(bodyEnd);
      this.answers.push({ status: Number(status), head, body });
    }
  }
}

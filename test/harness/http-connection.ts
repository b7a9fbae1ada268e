// An HTTP connection whose requests are any bytes. It reads answers as the protocol has them, by
// `Content-Length`, one after the other, and follows no other rule.
import { Inbox } from "./inbox.ts";
import type { Scope } from "./scope.ts";
import { type Place, TcpConnection, type TcpOptions } from "./tcp-connection.ts";

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: string;
}

const HEAD_END = "\r\n\r\n";

/** The text of a request. `line` is its method and path; `headers` are lines, each with its line break. */
export function request(line: string, headers = "", body = ""): string {
  return `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
}

/** One connection, for requests one after the other. */
export class HttpConnection {
  /** Answers that nobody has taken yet; null stands for the end of the connection. */
  readonly answers: Inbox<HttpAnswer | null> = new Inbox();
  readonly tcp: TcpConnection = new TcpConnection({
    data: (bytes) => this.#data(bytes),
    ended: () => this.answers.push(null),
  });
  #rest = "";

  /** Connects. The scope, when there is one, ends the connection. */
  connect(scope: Scope | null, place: Place, options?: TcpOptions): Promise<void> {
    return this.tcp.connect(scope, place, options);
  }

  /** Sends a request and waits for its answer; null when the connection ends without one. */
  ask(bytes: string | Uint8Array): Promise<HttpAnswer | null> {
    this.tcp.write(bytes);
    return this.answers.next();
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

// The HTTP API without a listener: real requests through the pipeline, signed as libraries sign
// them.
import type { Apps } from "../../../src/apps/apps.ts";
import { toResponse } from "../../../src/http/answer.ts";
import { IdempotencyKeys } from "../../../src/http/idempotency.ts";
import { answerSigned, type ApiContext, identify } from "../../../src/http/pipeline.ts";
import { ApiQuota } from "../../../src/http/quota.ts";
import { SeenRequests } from "../../../src/http/replay.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import type { Cluster } from "../../../src/node/cluster.ts";
import type { Node } from "../../../src/node/node.ts";
import type { App } from "../../../src/protocol/app.ts";
import { isFault } from "../../../src/protocol/faults.ts";
import { md5, sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { Steps } from "../../../src/session/steps.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import { subscribe, type TestHub, testHub } from "../../doubles/hub.ts";
import { TestSocket } from "../../doubles/network.ts";
import { testNode } from "../../doubles/node.ts";

/** The wall clock of every request. */
export const NOW_MS = 1_700_000_000_000;

/** Status and body of a response. */
export type Answered = [status: number, body: string];

/** The API of one app, which is looked up in a store that the test can change. */
export class ApiRig {
  readonly parts: TestHub = testHub();
  readonly node: Node;
  readonly reports: readonly string[];
  readonly context: ApiContext;
  /** The app that the store has now. */
  app: App;
  /** The idempotency key in the header of each request, or null. */
  requestKey: string | null = null;
  #ids = 0;

  constructor(app: App = testApp(), cluster: Cluster | null = null) {
    this.app = app;
    const apps: Apps = {
      byId: (id) => (id === this.app.id ? this.app : null),
      byKey: (key) => (this.app.credentials.some((each) => each.key === key) ? this.app : null),
    };
    const nowMs = (): number => this.parts.clock.nowMs;
    const { node, reports } = testNode(this.parts.hub, { apps, cluster, nowMs });
    this.node = node;
    this.reports = reports;
    this.context = {
      node,
      quota: new ApiQuota(nowMs),
      seen: new SeenRequests(),
      keys: new IdempotencyKeys({ maxLength: 128, maxKeys: 100, maxBytes: 1_000_000 }, nowMs),
      inSteps: (work) => new Steps({ nowMs: () => 0, later: setTimeout }).run(work),
      nowMs: () => NOW_MS,
      clockMs: () => 0,
      published: () => {},
    };
  }

  get hub(): AppHub {
    return this.parts.hub.of(this.app);
  }

  /** A socket that is connected. */
  socket(): TestSocket {
    const socket = new TestSocket(this.parts.network, `1.${++this.#ids}`);
    this.hub.connect(socket);
    return socket;
  }

  /** A socket on the channel; on a presence channel as the user. */
  subscriber(channel: string, userId?: string): TestSocket {
    const socket = this.socket();
    const channelData = userId === undefined ? null : JSON.stringify({ user_id: userId });
    const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, channelData))}`;
    const fault = subscribe(this.hub, socket, { kind: "subscribe", channel, auth, channelData });
    if (fault !== null) throw new Error(fault.message);
    socket.take();
    return socket;
  }

  /** Sends a signed request. */
  call(method: string, path: string, body?: unknown, query = ""): Promise<Answered> {
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const parameters = [
      `auth_key=${KEY}`,
      `auth_timestamp=${NOW_MS / 1000}`,
      "auth_version=1.0",
      ...(text === "" ? [] : [`body_md5=${md5(Buffer.from(text))}`]),
      ...(query === "" ? [] : query.split("&")),
    ].toSorted();
    const signature = sign(SECRET, `${method}\n${path}\n${parameters.join("&")}`);
    return this.raw(method, path, `${parameters.join("&")}&auth_signature=${signature}`, text);
  }

  /** Sends a request unchanged. */
  async raw(
    method: string,
    path: string,
    query: string,
    body: string | Uint8Array<ArrayBuffer>,
    accept = "*/*",
  ): Promise<Answered> {
    const headers = this.requestKey === null ? {} : { "X-Idempotency-Key": this.requestKey };
    const init = body.length === 0 ? { method, headers } : { method, headers, body };
    const request = new Request(`http://127.0.0.1${path}?${query}`, init);
    const caller = await identify(this.context, { request, path, query });
    const answer = isFault(caller) ? caller : await answerSigned(this.context, caller);
    const response = toResponse(answer, {
      headers: {},
      accept: () => accept,
      requestId: () => "1",
    });
    return [response.status, await response.text()];
  }
}

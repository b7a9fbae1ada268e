// A minimal Bun server for the Pusher protocol: it verifies and parses a publish, builds the frame and
// passes it to Bun. It is the reference of the benches, not a server for real use: it checks no
// limits, has no private channels, and keeps no state.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { APP } from "./sign.ts";

interface Publish {
  readonly name: string;
  readonly channels: readonly string[];
  readonly data: string;
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  async fetch(request, self) {
    if (request.method === "POST") return await publish(request);
    if (self.upgrade(request, { data: undefined })) return undefined;
    return new Response("bare");
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    open(socket) {
      const data = JSON.stringify({ socket_id: "1.1", activity_timeout: 120 });
      socket.send(JSON.stringify({ event: "pusher:connection_established", data }));
    },
    message(socket, text) {
      const frame: { event: string; data: { channel: string } } = JSON.parse(String(text));
      if (frame.event !== "pusher:subscribe") return;
      const { channel } = frame.data;
      socket.subscribe(channel);
      const event = "pusher_internal:subscription_succeeded";
      socket.send(JSON.stringify({ event, channel, data: "{}" }));
    },
  },
});

async function publish(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const body = await request.text();
  if (!isSigned(url, body)) return new Response("wrong signature", { status: 401 });
  const { name, channels, data }: Publish = JSON.parse(body);
  for (const channel of channels) {
    const text = `{"event":${JSON.stringify(name)},"data":${JSON.stringify(data)},"channel":${JSON.stringify(channel)}}`;
    server.publish(channel, text, false);
  }
  return Response.json({});
}

function isSigned(url: URL, body: string): boolean {
  const pairs = [...url.searchParams].filter(([name]) => name !== "auth_signature");
  const query = pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, v]) => `${name}=${v}`);
  const md5 = createHash("md5").update(body).digest("hex");
  const expected = createHmac("sha256", APP.secret)
    .update(`POST\n${url.pathname}\n${query.join("&")}`)
    .digest();
  const given = Buffer.from(url.searchParams.get("auth_signature") ?? "", "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  return url.searchParams.get("body_md5") === md5;
}

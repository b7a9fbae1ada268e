// A program of its own that joins a presence channel and stays: `bun frozen-client.ts URL CHANNEL
// MEMBER`. Its runtime answers pings, so that it stays for as long as the process runs; the test
// that starts it freezes the process.
import { parseObject } from "../harness/json.ts";
import { signSubscription } from "../harness/signing.ts";

const [url = "", channel = "", member = ""] = process.argv.slice(2);
const socket = new WebSocket(url);
socket.onmessage = ({ data: text }: MessageEvent<unknown>) => {
  const { event, data } = parseObject(text);
  if (event !== "pusher:connection_established") return;
  const parameters = signSubscription(String(parseObject(data)["socket_id"]), channel, member);
  socket.send(JSON.stringify({ event: "pusher:subscribe", data: parameters }));
};

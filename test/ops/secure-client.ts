// pusher-js over TLS, as a program of its own: which certificates it trusts is decided when a
// process starts. Prints what it sees of the channel "news", a line each.
import Pusher from "pusher-js";
import { APP } from "../harness/target.ts";

const pusher = new Pusher(APP.key, {
  cluster: "",
  // A name, since pusher-js always sends the host as SNI, which cannot be an address.
  wsHost: "localhost",
  wssPort: Number(process.argv[2]),
  forceTLS: true,
  enabledTransports: ["ws"],
});
const channel = pusher.subscribe("news");
channel.bind("pusher:subscription_succeeded", () => process.stdout.write("subscribed\n"));
channel.bind("headline", (data: unknown) =>
  process.stdout.write(`headline ${JSON.stringify(data)}\n`),
);

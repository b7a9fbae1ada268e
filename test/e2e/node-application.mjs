// An application and a client under Node, where most of them run: Bun replaces parts of what the
// libraries are made of (node-fetch, node:net) by its own. Given host, port, id, key and secret, it
// subscribes, publishes to itself over one kept connection, and prints what arrives, a line each.
import { Agent } from "node:http";
import PusherServer from "pusher";
import Pusher from "pusher-js";

const [host, port, appId, key, secret] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const library = new PusherServer({ appId, key, secret, host, port, useTLS: false, agent });
const pusher = new Pusher(key, {
  cluster: "",
  wsHost: host,
  wsPort: Number(port),
  forceTLS: false,
  enabledTransports: ["ws"],
  channelAuthorization: {
    customHandler: ({ socketId, channelName }, callback) =>
      callback(null, library.authorizeChannel(socketId, channelName, { user_id: "ada" })),
  },
});
const channel = pusher.subscribe("presence-node");
const second = new Promise((resolve) => {
  channel.bind("news", ({ text }) => {
    process.stdout.write(`news: ${text}\n`);
    if (text === "second") resolve();
  });
});
const members = await new Promise((resolve) => {
  channel.bind("pusher:subscription_succeeded", resolve);
});
process.stdout.write(`here: ${members.count}, I am ${members.me.id}\n`);
for (const text of ["first", "second"]) {
  const response = await library.trigger("presence-node", "news", { text });
  process.stdout.write(`answer: ${response.status} ${await response.text()}\n`);
}
const users = await library.get({ path: "/channels/presence-node/users" });
process.stdout.write(`users: ${await users.text()}\n`);
await second;
pusher.disconnect();
agent.destroy();

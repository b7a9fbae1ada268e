// A program of its own that joins a presence channel and stays: `bun frozen-client.ts URL CHANNEL
// MEMBER`. Its runtime answers pings, so that it stays for as long as the process runs; the test
// that starts it freezes the process.
import { connectRaw } from "../harness/raw-client.ts";
import { Scope } from "../harness/scope.ts";
import { signSubscription } from "../harness/signing.ts";

const [url = "", channel = "", member = ""] = process.argv.slice(2);
const { client, socketId } = await connectRaw(new Scope(), url);
client.subscribe(signSubscription(socketId, channel, member));

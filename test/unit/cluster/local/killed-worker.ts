// A worker that sends a thousand messages, reads nothing while much is sent to it, and is killed in the middle of that.
import { localBus } from "../../../../src/cluster/local/client.ts";

const [path = "", token = ""] = process.argv.slice(2);
const bus = await localBus({ path, token })({
  nodeId: "killed",
  message() {},
  lost() {},
  regained() {},
  gone() {},
});
await bus.join("own");
void bus.publish("t", "first");
await Bun.sleep(0);
// Not reading.
Bun.sleepSync(100);
for (let count = 0; count < 999; count++) void bus.publish("t", "x".repeat(100));
void bus.publish("t", "last");
setImmediate(() => process.kill(process.pid, "SIGKILL"));

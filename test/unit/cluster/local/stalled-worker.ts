// A worker that says what it hears, and is made to stand still from outside.
import { localBus } from "../../../../src/cluster/local/client.ts";

const [path = "", token = ""] = process.argv.slice(2);
const bus = await localBus({ path, token })({
  nodeId: "stalled",
  message: (_, text) => void (text.length < 100 && process.send?.(text)),
  lost: () => void process.send?.("lost"),
  regained: () => void process.send?.("regained"),
  gone() {},
});
await bus.join("t");
process.send?.("joined");

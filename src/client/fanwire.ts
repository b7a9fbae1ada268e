// The module for bundlers, `fanwire/client`: importing it is enough. Without a WebSocket, as in
// server-side rendering on older runtimes, it does nothing.
import { install } from "./install.ts";

export {
  type DeltaOptions,
  install,
  type SocketConstructor,
  type SocketScope,
  stats,
  withDelta,
} from "./install.ts";
export type { DeltaStats } from "./tally.ts";

if (typeof WebSocket === "function") install();

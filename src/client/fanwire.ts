// The module `fanwire/client` for bundlers. Importing it installs the shim. It does nothing where there is no WebSocket,
// as in server-side rendering on older runtimes.
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

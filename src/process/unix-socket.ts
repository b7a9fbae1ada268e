// What is at the path of a Unix socket. The file of a server that crashed stays there and can be replaced; anything else
// must not be.
import { existsSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";

/** What is at the path: nothing, a socket without or with a server, another file, or a socket that does not say. */
export type SocketState = "free" | "stale" | "living" | "other" | "unknown";

/** Finds out by connecting to it. */
export async function socketState(path: string): Promise<SocketState> {
  if (!existsSync(path)) return "free";
  // Connecting to an ordinary file is refused like connecting to a stale socket.
  if (!statSync(path).isSocket()) return "other";
  const probe = connect(path);
  const answer = await new Promise<string>((resolve) => {
    probe.once("connect", () => resolve("living"));
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
  probe.destroy();
  switch (answer) {
    case "living":
    // The queue of its listener is full.
    case "EAGAIN":
      return "living";
    case "ECONNREFUSED":
      return "stale";
    case "ENOENT":
      return "free";
    default:
      return "unknown";
  }
}

/** Removes the file of a Unix socket on which nobody listens any more. True when there was one. */
export async function clearStaleSocket(path: string): Promise<boolean> {
  if ((await socketState(path)) !== "stale") return false;
  rmSync(path);
  return true;
}

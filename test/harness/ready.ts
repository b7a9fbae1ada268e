// Whether a server says that it is ready, as a load balancer asks it.

/** Asks the server on this port. False when it is not ready, or when there is none. */
export async function isReady(port: number, host = "127.0.0.1"): Promise<boolean> {
  try {
    return (await fetch(`http://${host}:${port}/ready`)).status === 200;
  } catch {
    return false;
  }
}

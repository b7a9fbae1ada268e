// The app of these tests, and the addresses at which clients and applications find a server.

/** The app that a server of these tests has unless it is configured otherwise. */
export const APP = { id: "4711", key: "app-key", secret: "app-secret" } as const;

/** A server, and an app on it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** The address of a path on the server's HTTP side. */
export function httpUrl({ host, port }: Target, path: string): string {
  return `http://${host}:${port}${path}`;
}

/** The address that clients connect to, as pusher-js writes it. */
export function socketUrl(
  { host, port, key }: Target,
  query = "protocol=7&client=js&version=8.6.0&flash=false",
): string {
  return `ws://${host}:${port}/app/${key}?${query}`;
}

/** The path of an API resource of the app. */
export function resource(path: string): string {
  return `/apps/${APP.id}${path}`;
}

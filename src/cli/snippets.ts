// Snippets that connect an application to a running server. They contain its address and credentials and work as they
// are.
import { DEFAULT_PORT } from "./target.ts";

/** A server and an app on it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Whether it uses TLS. */
  readonly secure: boolean;
  readonly pathPrefix: string;
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** The base URL of its HTTP API. */
export function apiUrl({ host, port, secure, pathPrefix }: Target): string {
  return `${secure ? "https" : "http"}://${host}:${port}${pathPrefix}`;
}

/** JavaScript for a browser or Node. */
export function pusherJsSnippet({ host, port, secure, pathPrefix, key }: Target): string {
  const path = pathPrefix === "" ? "" : ` wsPath: "${pathPrefix}",`;
  const portName = secure ? "wssPort" : "wsPort";
  return [
    `const pusher = new Pusher("${key}", {`,
    `  cluster: "", wsHost: "${host}", ${portName}: ${port},${path} forceTLS: ${secure}, enabledTransports: ["ws"],`,
    `});`,
    `pusher.subscribe("my-channel").bind("my-event", console.log);`,
  ].join("\n");
}

/** Lines for the `.env` of a Laravel application, which its `pusher` connection reads. */
export function laravelSnippet({ host, port, secure, id, key, secret }: Target): string {
  return [
    "BROADCAST_CONNECTION=pusher",
    `PUSHER_APP_ID=${id}`,
    `PUSHER_APP_KEY=${key}`,
    `PUSHER_APP_SECRET=${secret}`,
    `PUSHER_HOST=${host}`,
    `PUSHER_PORT=${port}`,
    `PUSHER_SCHEME=${secure ? "https" : "http"}`,
    "PUSHER_APP_CLUSTER=mt1",
  ].join("\n");
}

/** A shell command that signs and publishes an event. It signs when it runs, since signatures expire. */
export function curlSnippet(target: Target): string {
  const { id, key, secret } = target;
  const path = `/apps/${id}/events`;
  const body = '{"name":"my-event","channel":"my-channel","data":"{\\"text\\":\\"hello\\"}"}';
  return [
    `body='${body}'`,
    `query="auth_key=${key}&auth_timestamp=$(date +%s)&auth_version=1.0&body_md5=$(printf %s "$body" | openssl dgst -md5 -r | cut -d' ' -f1)"`,
    `signature=$(printf 'POST\\n${path}\\n%s' "$query" | openssl dgst -sha256 -hmac ${secret} -r | cut -d' ' -f1)`,
    `curl -d "$body" "${apiUrl(target)}${path}?$query&auth_signature=$signature"`,
  ].join("\n");
}

/** Commands for two terminals of the same user. They find the development server and its credentials by its port. */
export function terminalsSnippet({ port }: Target): string {
  const where = port === DEFAULT_PORT ? "" : ` --port ${port}`;
  return [
    `fanwire tail my-channel${where}`,
    `fanwire publish my-channel my-event '{"text":"hello"}'${where}`,
  ].join("\n");
}

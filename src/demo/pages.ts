// Serves the dashboard of `fanwire demo`: a page with its style, scripts and settings, all from the executable. The page
// may load resources from its own server only.
import { pageFiles } from "./embed.ts" with { type: "macro" };
import { EXCHANGES, LISTINGS } from "./listings.ts";

/** The path of the page. Its resources are below this path, except for the shim at `/client/fanwire.js`. */
export const DEMO_PATH = "/demo";

/** The channel of the quotes. */
export const DEMO_CHANNEL = "market";

/** The name of the quotes' events. */
export const DEMO_EVENT = "quote";

const FILES: Readonly<Record<string, string>> = pageFiles();

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  svg: "image/svg+xml",
  txt: "text/plain",
};

// `'self'` includes the page's WebSocket, which connects to the same host and port.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Not cached, since another version of the program may later run at this address.
  "cache-control": "no-cache",
};

/** Answers the paths of the dashboard. Null for all others. `key` is the key of the app, which is not a secret. */
export function demoPages(key: string): (path: string) => Response | null {
  const files = new Map(Object.entries({ ...FILES, "settings.json": settingsOf(key) }));
  return (path) => {
    if (path !== DEMO_PATH && !path.startsWith(`${DEMO_PATH}/`)) return null;
    const name = path.slice(DEMO_PATH.length + 1) || "page.html";
    const text = files.get(name);
    if (text === undefined) return null;
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return new Response(text, {
      headers: { ...HEADERS, "content-type": `${type}; charset=utf-8` },
    });
  };
}

/** The settings of the page's scripts. */
function settingsOf(key: string): string {
  return JSON.stringify({
    key,
    channel: DEMO_CHANNEL,
    event: DEMO_EVENT,
    exchanges: EXCHANGES,
    listings: LISTINGS.map(({ symbol, name, exchange }) => ({ symbol, name, exchange })),
  });
}

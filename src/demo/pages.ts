// The dashboard of `fanwire demo` as HTTP: a page, its style, its scripts and what they are told,
// all of it in the executable. The page may load from its own server and from nowhere else.
import { pageFiles } from "./embed.ts" with { type: "macro" };
import { EXCHANGES, LISTINGS } from "./listings.ts";

/** The path of the page. All that it needs is below it, but for the shim at `/client/fanwire.js`. */
export const DEMO_PATH = "/demo";

/** The channel that quotes are published to. */
export const DEMO_CHANNEL = "market";

/** The name of their events. */
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

// `'self'` covers the page's WebSocket as well: it goes to the same host and port.
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
  // Another version of the program may answer on this address tomorrow.
  "cache-control": "no-cache",
};

/** Answers the dashboard's paths, and null for all others. `key` is the app's, which browsers may know. */
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

/** What the page's scripts are told. */
function settingsOf(key: string): string {
  return JSON.stringify({
    key,
    channel: DEMO_CHANNEL,
    event: DEMO_EVENT,
    exchanges: EXCHANGES,
    listings: LISTINGS.map(({ symbol, name, exchange }) => ({ symbol, name, exchange })),
  });
}

// What browsers load to get deltas with pusher-js: the script and the module, which are part of the executable.
import { clientModule, clientScript } from "./embed.ts" with { type: "macro" };

const FILES: ReadonlyMap<string, string> = new Map([
  ["/client/fanwire.js", clientScript()],
  ["/client/fanwire.mjs", clientModule()],
]);

/** The file at a path, or null. */
export function clientAsset(path: string): Response | null {
  const text = FILES.get(path);
  if (text === undefined) return null;
  const headers = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "no-cache",
    // Of another origin a page may import no module without this. Who may use the API is another matter.
    "access-control-allow-origin": "*",
  };
  return new Response(text, { headers });
}

// The script for pages, one line before the first connection:
//
//   <script src="http://HOST:PORT/client/fanwire.js"></script>
//
// With `data-channels="ticker* quotes"` it asks for deltas of those channels alone; with
// `data-format="json"` they come as text. It gives the page `Fanwire`, and `fanwire:stats` events.
import { type DeltaOptions, install, type SocketScope, stats, withDelta } from "./install.ts";

interface ScriptElement {
  readonly dataset?: Readonly<Record<string, string | undefined>>;
}

/** What of a page there may be; in a worker there is no document. */
interface Page extends SocketScope {
  readonly document?: { readonly currentScript?: ScriptElement | null };
  readonly dispatchEvent?: (event: Event) => boolean;
  Fanwire?: object;
}

const page: Page = globalThis;

function optionsOf({ dataset = {} }: ScriptElement): DeltaOptions {
  const channels = dataset["channels"]?.split(/[\s,]+/).filter((pattern) => pattern !== "");
  return {
    ...(channels === undefined ? {} : { channels }),
    format: dataset["format"] === "json" ? "json" : "compact",
    onStats: (detail) => page.dispatchEvent?.(new CustomEvent("fanwire:stats", { detail })),
  };
}

// A page that has the line twice has one shim.
if (page.Fanwire === undefined && typeof WebSocket === "function") {
  install(page, optionsOf(page.document?.currentScript ?? {}));
  page.Fanwire = { install, stats, withDelta };
}

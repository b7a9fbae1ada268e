// The script for pages, one line before the first connection:
//
//   <script src="http://HOST:PORT/client/fanwire.js"></script>
//
// With `data-channels="ticker* quotes"` only those channels have deltas. With `data-format="json"` deltas are text
// frames. The script defines the global `Fanwire` and dispatches `fanwire:stats` events.
import { type DeltaOptions, install, type SocketScope, stats, withDelta } from "./install.ts";

interface ScriptElement {
  readonly dataset?: Readonly<Record<string, string | undefined>>;
}

/** The parts of a page that the script uses. A worker has no document. */
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

// A page that includes the script twice gets one shim.
if (page.Fanwire === undefined && typeof WebSocket === "function") {
  install(page, optionsOf(page.document?.currentScript ?? {}));
  page.Fanwire = { install, stats, withDelta };
}

// Reads what the page is made of. `pages.ts` imports this as a macro, so that the texts are in the
// executable and no file has to be there when it runs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dir, "page");
const PUSHER_JS = join(import.meta.dir, "../../node_modules/pusher-js/dist/web");
/** The library, and the licence that its first line names. */
const PUSHER_JS_FILES = ["pusher.min.js", "pusher.min.js.LICENSE.txt"];

/** The page's files by name. */
export function pageFiles(): Record<string, string> {
  return Object.fromEntries([
    ...readdirSync(PAGE).map((name) => [name, readFileSync(join(PAGE, name), "utf8")]),
    ...PUSHER_JS_FILES.map((name) => [name, readFileSync(join(PUSHER_JS, name), "utf8")]),
  ]);
}

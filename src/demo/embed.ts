// Reads the files of the page. `pages.ts` imports this as a macro, so that they are part of the executable.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dir, "page");
const PUSHER_JS = join(import.meta.dir, "../../node_modules/pusher-js/dist/web");
/** pusher-js, and the licence to which its first line refers. */
const PUSHER_JS_FILES = ["pusher.min.js", "pusher.min.js.LICENSE.txt"];

/** The files of the page by name. */
export function pageFiles(): Record<string, string> {
  return Object.fromEntries([
    ...readdirSync(PAGE).map((name) => [name, readFileSync(join(PAGE, name), "utf8")]),
    ...PUSHER_JS_FILES.map((name) => [name, readFileSync(join(PUSHER_JS, name), "utf8")]),
  ]);
}

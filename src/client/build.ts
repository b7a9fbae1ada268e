// Writes the files for browsers to `dist/client`, for applications that serve or bundle them themselves. The server does
// not need these files. Run it with `bun src/client/build.ts`.
import { join } from "node:path";
import { clientModule, clientScript } from "./embed.ts";

const FOLDER = join(import.meta.dir, "../../dist/client");

await Bun.write(join(FOLDER, "fanwire.js"), clientScript());
await Bun.write(join(FOLDER, "fanwire.mjs"), clientModule());

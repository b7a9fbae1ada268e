// Writes what browsers load to `dist/client`, for those who serve it themselves or bundle it:
// `bun src/client/build.ts`. The server does not need the files.
import { join } from "node:path";
import { clientModule, clientScript } from "./embed.ts";

const FOLDER = join(import.meta.dir, "../../dist/client");

await Bun.write(join(FOLDER, "fanwire.js"), clientScript());
await Bun.write(join(FOLDER, "fanwire.mjs"), clientModule());

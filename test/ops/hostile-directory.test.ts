import { mkdirSync, rmSync } from "node:fs";
import { expect, test } from "bun:test";
import { makeDirectory, Program } from "../harness/program.ts";
import { RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { launch, listening } from "../harness/server.ts";
import { APP } from "../harness/target.ts";

const scope = testScope();

/** Files that an executable of Bun reads unless it is built not to: each one that runs leaves a file with its name. */
async function lay(directory: string, port: number): Promise<void> {
  const trap = (name: string): string =>
    `require("node:fs").writeFileSync(${JSON.stringify(`${directory}/ran-${name}`)}, "");\n`;
  const env = `FANWIRE_APP=666:evil-key:evil-secret\nFANWIRE_PORT=${port}\nPORT=${port}\n`;
  mkdirSync(`${directory}/src`);
  mkdirSync(`${directory}/node_modules/fossil-delta`, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "bunfig.toml": 'preload = ["./preload.js"]\n[run]\npreload = ["./preload.js"]\n',
    "preload.js": trap("preload"),
    ".env": env,
    ".env.local": env,
    ".env.production": env,
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        baseUrl: ".",
        paths: { "fossil-delta": ["./trap.js"], "node:*": ["./trap.js"] },
      },
    }),
    "package.json": JSON.stringify({
      type: "commonjs",
      main: "./trap.js",
      imports: { "#*": "./trap.js" },
      browser: { "node:fs": "./trap.js", crypto: "./trap.js" },
    }),
    "trap.js": trap("resolution"),
    "index.js": trap("index"),
    "main.js": trap("main"),
    "src/main.ts": trap("source"),
    "node_modules/fossil-delta/index.js": trap("module"),
  };
  for (const [name, text] of Object.entries(files)) await Bun.write(`${directory}/${name}`, text);
}

function ran(directory: string): readonly string[] {
  return [...new Bun.Glob("ran-*").scanSync(directory)];
}

test("nothing that lies in the working directory runs or counts", async () => {
  const directory = makeDirectory(scope);
  const reserved = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port: trapPort } = reserved;
  // Taken until the end, so that the server cannot get it by chance.
  scope.add(() => reserved.stop(true));
  await lay(directory, trapPort);

  // Proof that the trap works: Bun itself reads these files.
  const { stdout } = await new Program(
    scope,
    [process.execPath, "--print", "process.env.FANWIRE_APP"],
    { directory },
  ).outcome();
  expect(stdout).toBe("666:evil-key:evil-secret\n");
  expect(ran(directory)).toEqual(["ran-preload"]);
  rmSync(`${directory}/ran-preload`);

  const file = `${makeDirectory(scope)}/config.json`;
  await Bun.write(file, JSON.stringify({ host: "127.0.0.1", port: 0, apps: [APP] }));
  const program = launch(scope, ["--config", file], { directory });
  const { port } = await listening(program);
  expect(port).not.toBe(trapPort);
  const evil = new RawClient(scope, {
    host: "127.0.0.1",
    port,
    id: "666",
    key: "evil-key",
    secret: "evil-secret",
  });
  expect((await evil.closed()).code).toBe(4001);
  program.terminate();
  expect((await program.outcome()).code).toBe(0);
  expect(ran(directory)).toEqual([]);
});

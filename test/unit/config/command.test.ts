// `fanwire config` with real files in a temporary directory.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runConfig } from "../../../src/cli/config.ts";
import { documentConfig } from "../../../src/config/docs.ts";
import { loadConfigFile } from "../../../src/config/load.ts";

const VALID = '[[apps]]\nid = "1"\nkey = "key"\nsecret = "s3cret"\n';
const home = process.cwd();
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fanwire-config-"));
  process.chdir(directory);
});

afterAll(async () => {
  process.chdir(home);
  await rm(directory, { recursive: true });
});

describe("fanwire config", () => {
  test("check reports that a file is valid, with its warnings", async () => {
    await Bun.write("a.toml", `${VALID}history = { enabled = true }\n`);
    expect(await run(["check", "--config", "a.toml"])).toEqual({
      code: 0,
      out: "a.toml is valid\n",
      err: "Warning: a.toml: apps[0].history has no effect: this version keeps no history\n",
    });
  });

  test("check prints every error and exits with 2", async () => {
    await Bun.write("b.json", '{"prot": 1, "port": "x"}');
    expect(await run(["check", "--config=b.json"])).toEqual({
      code: 2,
      out: "",
      err: `b.json: Cannot use prot: it is not a known key, did you mean port
b.json: Cannot use port "x": it must be a whole number from 0 to 65535
`,
    });
  });

  test("check accepts an unknown key of another server's group, with a warning", async () => {
    await Bun.write("new.toml", `${VALID}[adapter]\ndriver = "local"\nshard_count = 4\n`);
    expect(await run(["check", "--config", "new.toml"])).toEqual({
      code: 0,
      out: "new.toml is valid\n",
      err: "Warning: new.toml: adapter.shard_count has no effect: this version does not know it\n",
    });
  });

  test("check checks the environment if there is no file", async () => {
    expect((await run(["check"])).out).toBe("The environment is valid\n");
    const { code, err } = await run(["check"], { PORT: "x" });
    expect(code).toBe(2);
    expect(err).toContain("environment: Cannot use PORT");
  });

  test("print shows the effective configuration without secrets", async () => {
    await Bun.write("c.toml", VALID);
    const { code, out } = await run(["print", "--config", "c.toml"], { PORT: "7001" });
    expect(code).toBe(0);
    expect(out).not.toContain("s3cret");
    expect(JSON.parse(out)).toMatchObject({ port: 7001, apps: [{ secret: "<redacted>" }] });
  });

  test("print exits with 2 if there is an error", async () => {
    expect((await run(["print"], { PORT: "x" })).code).toBe(2);
  });

  test("check exits with 2 if the file does not exist", async () => {
    expect(await run(["check"], { FANWIRE_CONFIG: "none.toml" })).toEqual({
      code: 2,
      out: "",
      err: "none.toml: Cannot use the configuration: there is no such file\n",
    });
  });

  test("docs prints the reference", async () => {
    expect(await run(["docs"])).toEqual({ code: 0, out: documentConfig(), err: "" });
  });

  for (const args of [[], ["chek"], ["check", "a.toml"], ["check", "--file", "a.toml"]])
    test(`refuses ${JSON.stringify(args)}`, async () => {
      const { code, out, err } = await run(args);
      expect([code, out]).toEqual([2, ""]);
      expect(err).not.toBe("");
    });
});

describe("loadConfigFile()", () => {
  test("takes the named file, then FANWIRE_CONFIG, then fanwire.toml, then fanwire.json", async () => {
    await Promise.all(["x.json", "y.json"].map((path) => Bun.write(path, "{}")));
    expect(await pathOf(undefined, {})).toBeUndefined();
    await Bun.write("fanwire.json", "{}");
    expect(await pathOf(undefined, {})).toBe("fanwire.json");
    await Bun.write("fanwire.toml", "");
    expect(await pathOf(undefined, {})).toBe("fanwire.toml");
    expect(await pathOf(undefined, { FANWIRE_CONFIG: "" })).toBe("fanwire.toml");
    expect(await pathOf(undefined, { FANWIRE_CONFIG: "y.json" })).toBe("y.json");
    expect(await pathOf("x.json", { FANWIRE_CONFIG: "y.json" })).toBe("x.json");
    await Promise.all([rm("fanwire.json"), rm("fanwire.toml")]);
  });

  test("reports why a file cannot be read", async () => {
    await mkdir("folder.toml");
    const problems = await Promise.all(
      ["none.toml", "folder.toml"].map((path) => loadConfigFile(path, {})),
    );
    expect(problems).toEqual([
      {
        kind: "errors",
        errors: [{ source: "none.toml", key: "", problem: "there is no such file" }],
      },
      {
        kind: "errors",
        errors: [
          { source: "folder.toml", key: "", problem: "it is a directory, it must be a file" },
        ],
      },
    ]);
  });
});

async function pathOf(
  path: string | undefined,
  env: Record<string, string>,
): Promise<string | undefined> {
  const loaded = await loadConfigFile(path, env);
  return loaded.kind === "file" ? loaded.file.path : undefined;
}

async function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ["", ""];
  const code = await runConfig(args, {
    env,
    write: (text) => void (out += text),
    writeError: (text) => void (err += text),
  });
  return { code, out, err };
}

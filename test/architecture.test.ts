// The layout's rules, checked: who may import whom, what pure code may not touch, which
// dependencies there are, how long files may be.
import { expect, test } from "bun:test";
import { dirname, relative, resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dir, "..");

/** Each folder, and the folders that it may import besides itself, type imports included. From top to bottom: nothing imports what stands above it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: ["config", "demo", "process", "webhook", "log", "protocol"],
  demo: [],
  transport: ["session", "http", "hub", "protocol"],
  session: ["node", "hub", "protocol"],
  http: ["node", "hub", "protocol"],
  node: ["hub", "cluster", "apps", "protocol", "filter"],
  metrics: ["hub", "events", "protocol"],
  hub: ["events", "protocol", "filter", "delta"],
  cluster: [],
  apps: ["protocol"],
  webhook: ["queue", "events", "protocol"],
  queue: [],
  events: ["protocol"],
  process: ["config", "log"],
  config: ["protocol"],
  client: [],
  log: [],
  delta: [],
  protocol: ["filter"],
  filter: [],
};
/** These put the others together. */
const IMPORT_ALL = ["main.ts", "compose"];
/** Files and folders of concrete backends. */
const BACKEND =
  /^(apps\/memory|queue\/memory|delta\/(fossil|vcdiff)|cluster\/local\/client|cluster\/broker\/bus-(redis|redis-cluster|nats))\.ts$/;
const BACKENDS = ["apps", "queue", "delta", "cluster"];
const PURE = ["protocol", "filter", "delta", "events", "hub", "cluster/census"];
const IMPURE =
  /\bBun\.|\bfetch\(|\bset(Timeout|Interval|Immediate)\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\./;
const RUNTIME_DEPENDENCIES = [
  "ioredis",
  "msgpackr",
  "prom-client",
  "smol-toml",
  "fossil-delta",
  "@nats-io/transport-node",
  "aws4fetch",
];
const MAX_LINES = 400;

interface Source {
  readonly path: string;
  readonly part: string;
  readonly text: string;
}

const sources: readonly Source[] = await Promise.all(
  [...new Bun.Glob("**/*.ts").scanSync(`${ROOT}/src`)].map(async (path) => ({
    path: `src/${path}`,
    part: path.split("/")[0] ?? "",
    text: await Bun.file(`${ROOT}/src/${path}`).text(),
  })),
);

test("every part of src stands in the import table", () => {
  const parts = new Set(sources.map(({ part }) => part));
  expect(
    [...parts].filter((part) => MAY_IMPORT[part] === undefined && !IMPORT_ALL.includes(part)),
  ).toEqual([]);
});

test("the table has an order: nothing imports what stands above it", () => {
  const order = Object.keys(MAY_IMPORT);
  const wrong = Object.entries(MAY_IMPORT).flatMap(([part, targets]) =>
    targets
      .filter((target) => order.indexOf(target) <= order.indexOf(part))
      .map((target) => `${part} above ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("imports go only where the table allows, those of types too", () => {
  const wrong = sources.flatMap((source) =>
    imports(source)
      .map((target) => target.split("/")[0] ?? "")
      .filter((part) => part !== source.part && MAY_IMPORT[source.part]?.includes(part) === false)
      .map((part) => `${source.path} imports ${part}`),
  );
  expect(wrong).toEqual([]);
});

test("no file imports itself by way of others, not even for types", () => {
  expect(circles(sources)).toEqual([]);
});

test("pure folders touch neither the runtime nor clocks nor chance", () => {
  const wrong = sources
    .filter(({ path }) => PURE.some((folder) => path.startsWith(`src/${folder}/`)))
    .filter(({ text }) => IMPURE.test(withoutComments(text)))
    .map(({ path }) => path);
  expect(wrong).toEqual([]);
});

test("only files in transport call Bun.serve", () => {
  const callers = sources.filter(({ text }) => /\bBun\.serve\b/.test(withoutComments(text)));
  expect(callers.filter(({ part }) => part !== "transport").map(({ path }) => path)).toEqual([]);
});

test("nothing imports compose but the command line", () => {
  const importers = sources.filter(
    (source) =>
      !IMPORT_ALL.includes(source.part) &&
      imports(source).some((target) => target.startsWith("compose/")),
  );
  expect(importers.map(({ path }) => path)).toEqual([]);
});

test("only compose/backends.ts names concrete backends", () => {
  const importers = sources.filter(
    (source) =>
      !BACKENDS.includes(source.part) && imports(source).some((target) => BACKEND.test(target)),
  );
  expect(importers.map(({ path }) => path)).toEqual(["src/compose/backends.ts"]);
});

test("transport knows of the hub only its ports", () => {
  const wrong = sources
    .filter(({ part }) => part === "transport")
    .flatMap((source) =>
      imports(source)
        .filter((target) => target.startsWith("hub/") && target !== "hub/ports.ts")
        .map((target) => `${source.path} imports ${target}`),
    );
  expect(wrong).toEqual([]);
});

test("run-time dependencies are the agreed ones, at exact versions", () => {
  const { dependencies = {}, devDependencies } = manifest as {
    dependencies?: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  expect(Object.keys(dependencies).filter((name) => !RUNTIME_DEPENDENCIES.includes(name))).toEqual(
    [],
  );
  const versions = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test("packages that src imports are run-time dependencies", () => {
  const { dependencies = {} } = manifest as { dependencies?: Record<string, string> };
  const packages = sources.flatMap(({ text }) =>
    [...withoutComments(text).matchAll(/from "([^".][^"]*)"/g)].map(([, name]) => name ?? ""),
  );
  const foreign = packages.filter((name) => !/^(node:|bun$|bun:)/.test(name));
  expect(foreign.filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = sources.filter(({ text }) => text.split("\n").length > MAX_LINES + 1);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test("the median file is under 120 lines", () => {
  const lengths = sources.map(({ text }) => text.split("\n").length).toSorted((a, b) => a - b);
  expect(lengths[lengths.length >> 1]).toBeLessThan(120);
});

/** Type imports included. */
function imports({ path, text }: Source): readonly string[] {
  return [...text.matchAll(/^(?:import|export) [^;]*?from "(\.[^"]*)"/gm)]
    .map(([, specifier]) => relative(`${ROOT}/src`, resolve(ROOT, dirname(path), specifier ?? "")))
    .filter((target) => !target.startsWith(".."));
}

/** Groups of files each of which leads to every other by imports (Tarjan's strongly connected components). */
function circles(files: readonly Source[]): readonly string[] {
  const targets = new Map(files.map((file) => [file.path.slice("src/".length), imports(file)]));
  const numbers = new Map<string, number>();
  const stack: string[] = [];
  const found: string[] = [];
  for (const path of targets.keys()) if (!numbers.has(path)) visit(path);
  return found;

  function visit(path: string): number {
    let low = numbers.size;
    numbers.set(path, low);
    stack.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!numbers.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, numbers.get(target) ?? low);
    }
    if (low !== numbers.get(path)) return low;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1) found.push(circle.join(" "));
    return low;
  }
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

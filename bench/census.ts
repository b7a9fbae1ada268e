// What the census costs: `bun bench/census.ts`. Memory for each key of the register, and how long a node with many keys
// blocks its event loop when another one comes. All keys have one plain subscription.
import { fullGC, heapStats } from "bun:jsc";
import { Census, type CensusOutput } from "../src/cluster/census/census.ts";
import { FOLLOW } from "../src/cluster/census/part.ts";
import { PEER_TIMES, type NodeFacts } from "../src/cluster/census/peers.ts";
import { Register } from "../src/cluster/census/register.ts";

const KEYS = 200_000;
const NODES = 8;

measureRegister();
measureRegroup();

function measureRegister(): void {
  const register = new Register(
    { changed: nothing, viewed: nothing, edge: nothing },
    () => true,
    () => "known",
  );
  const nodes = Array.from({ length: NODES }, (_, index) => `node-${index}`);
  const before = heapSize();
  const startMs = cpuMs();
  for (let index = 0; index < KEYS; index++)
    register.change(nodes[index % NODES] ?? "", keyOf(index), {
      count: 1,
      follow: FOLLOW.nothing,
      added: [],
      removed: [],
    });
  register.flush();
  const tookMs = cpuMs() - startMs;
  const bytes = heapSize() - before;
  print(`register: ${(bytes / KEYS).toFixed(0)} bytes a key, name included`);
  print(`register: ${KEYS} parts in ${tookMs.toFixed(0)} ms`);
  time("a node with an eighth of the parts ends", () => register.drop(nodes[0] ?? ""));
  time("all keys are doubted", () => register.doubt());
  time("all keys are settled", () => {
    register.settle(true);
    register.flush();
  });
  print(`register: ${((heapSize() - before) / register.size).toFixed(0)} bytes a key again`);
}

/** A node alone with many keys of its own; then another one comes, and gets half of them. */
function measureRegroup(): void {
  const keys = Array.from({ length: KEYS }, (_, index) => keyOf(index));
  let sent = 0;
  const output: CensusOutput = {
    send: (_to, message) => (sent += JSON.stringify(message).length),
    askAnew: nothing,
    greet: nothing,
    announce: nothing,
    judged: nothing,
    askDirectly: nothing,
    part: () => ({ count: 1, members: [] }),
    member: () => undefined,
    keys: () => keys,
    changed: nothing,
    ready: nothing,
    edge: nothing,
    carried: nothing,
    reowned: nothing,
    ended: nothing,
  };
  const census = new Census(factsOf("node-0"), PEER_TIMES, output, 0);
  census.gathered(0);
  for (const key of keys) census.change(key);
  time(`${KEYS} own parts`, () => census.flush());
  const other = { alive: [{ id: "node-1", incarnation: 1 }], unreachable: [], sent: {} };
  time("another node comes", () => census.heard(factsOf("node-1"), other, 0));
  print(`census: ${(sent / 1e6).toFixed(1)} MB sent`);
  time("the other node ends", () => census.end("node-1", 0));
}

function time(what: string, action: () => void): void {
  const startMs = cpuMs();
  action();
  print(`${what}: ${(cpuMs() - startMs).toFixed(0)} ms`);
}

function nothing(): void {}

/** Time on the processor, so that other processes count for nothing. Those of the collector's threads are in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function keyOf(index: number): string {
  return `c app-id private-channel-${index}`;
}

function factsOf(id: string): NodeFacts {
  return { id, incarnation: 1, region: "", address: "", isLeaving: false, isYoung: true };
}

function heapSize(): number {
  fullGC();
  const { heapSize: size, extraMemorySize } = heapStats();
  return size + extraMemorySize;
}

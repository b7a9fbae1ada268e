// A join storm: many members subscribe to one presence channel at once, half of them on each of two nodes. Measured until
// each has its reply, and until each has heard of all the others: `bun bench/storm.ts --members 1000`. The number of
// frames grows with the square of the members: each hears of all who come after it.

import { createHmac } from "node:crypto";
import { median } from "./histogram.ts";
import { oneNumber, readOptions, runToEnd } from "./options.ts";
import { APP, SOCKET_PATH } from "./sign.ts";
import { startSystems, type System } from "./systems.ts";
import { figure, printTable, say, writeJson } from "./table.ts";
import { cpuBetweenNs, readCpu } from "./usage.ts";
import { Workshop } from "./workshop.ts";

const CONNECTING_AT_ONCE = 100;
const LIMIT_MS = 120_000;

/** The times of one storm, from the first subscribe frame on. */
interface Storm {
  /** When the last one had its reply. */
  readonly repliedMs: number;
  /** When each had heard of all. */
  readonly agreedMs: number;
  readonly cpuMs: number;
  /** Member events that came before the reply, or members told twice. */
  readonly wrong: number;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Time until all members of one channel know of one another.", {
    members: ["1000", "members of one presence channel, each with a socket of its own"],
    rounds: ["3", "storms on each system, each on a channel of its own"],
  });
  const count = oneNumber(options, "members");
  const results = [];
  const workshop = new Workshop(false);
  for (const system of await startSystems(workshop)) {
    const storms: Storm[] = [];
    for (let round = 0; round < oneNumber(options, "rounds"); round += 1)
      storms.push(await storm(system, `presence-storm-${round}`, count));
    await system.stop();
    results.push({ name: system.name, storms });
  }
  say(`\n${figure(count, 0)} members`);
  printTable([
    ["", "all replied ms", "all agree ms", "server CPU ms", "wrong"],
    ...results.map(({ name, storms }) => [
      name,
      figure(median(storms.map((each) => each.repliedMs)), 0),
      figure(median(storms.map((each) => each.agreedMs)), 0),
      figure(median(storms.map((each) => each.cpuMs)), 0),
      figure(
        storms.reduce((sum, each) => sum + each.wrong, 0),
        0,
      ),
    ]),
  ]);
  await writeJson(options.json, { bench: "storm", members: count, results });
}

async function storm(system: System, channel: string, count: number): Promise<Storm> {
  const members: Member[] = [];
  for (let index = 0; index < count; index += CONNECTING_AT_ONCE) {
    const connecting = Array.from(
      { length: Math.min(CONNECTING_AT_ONCE, count - index) },
      (_, offset) => {
        const node = system.nodes[(index + offset) % system.nodes.length];
        return connect(node?.port ?? 0, `user-${index + offset}`);
      },
    );
    members.push(...(await Promise.all(connecting)));
  }
  const pids = system.nodes.flatMap((node) => node.pids);
  const before = readCpu(pids);
  const beganMs = performance.now();
  for (const member of members) member.subscribe(channel);
  const repliedMs = (await until(() => members.every((each) => each.isReplied))) - beganMs;
  const agreedMs = (await until(() => members.every((each) => each.known === count))) - beganMs;
  const cpuMs = cpuBetweenNs(before, readCpu(pids)) / 1e6;
  for (const member of members) member.close();
  return { repliedMs, agreedMs, cpuMs, wrong: members.reduce((sum, each) => sum + each.wrong, 0) };
}

async function until(isTrue: () => boolean): Promise<number> {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await Bun.sleep(20))
    if (isTrue()) return performance.now();
  throw new Error(`Cannot measure a storm: it took longer than ${LIMIT_MS} ms`);
}

/** One client. It counts members rather than keep them. */
class Member {
  readonly #socket: WebSocket;
  readonly #userId: string;
  readonly #socketId: string;
  isReplied = false;
  /** Members that it knows of. */
  known = 0;
  wrong = 0;

  constructor(socket: WebSocket, userId: string, socketId: string) {
    this.#socket = socket;
    this.#userId = userId;
    this.#socketId = socketId;
    socket.onmessage = ({ data }) => this.#take(String(data));
  }

  subscribe(channel: string): void {
    const channelData = JSON.stringify({ user_id: this.#userId });
    const signature = createHmac("sha256", APP.secret)
      .update(`${this.#socketId}:${channel}:${channelData}`)
      .digest("hex");
    const data = { channel, auth: `${APP.key}:${signature}`, channel_data: channelData };
    this.#socket.send(JSON.stringify({ event: "pusher:subscribe", data }));
  }

  close(): void {
    this.#socket.onmessage = null;
    this.#socket.close();
  }

  #take(text: string): void {
    if (text.startsWith('{"event":"pusher_internal:member_added"')) {
      if (!this.isReplied) this.wrong += 1;
      this.known += 1;
    } else if (text.includes("pusher:subscription_error") || text.includes('"pusher:error"')) {
      throw new Error(`Cannot measure a storm: a client was refused with ${text}`);
    } else if (text.startsWith('{"event":"pusher_internal:subscription_succeeded"')) {
      this.isReplied = true;
      this.known += Number(/"count\\?":(\d+)/.exec(text)?.[1] ?? 0);
    }
  }
}

function connect(port: number, userId: string): Promise<Member> {
  const { promise, resolve, reject } = Promise.withResolvers<Member>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}${SOCKET_PATH}`);
  socket.onerror = () => reject(new Error("Cannot measure a storm: a client was refused"));
  socket.onmessage = ({ data }) => {
    const socketId = /"socket_id\\?":\\?"([\d.]+)/.exec(String(data))?.[1];
    if (socketId !== undefined) resolve(new Member(socket, userId, socketId));
  };
  return promise;
}

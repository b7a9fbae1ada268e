// Senders of time-stamped events to subscribers: a server over its signed HTTP API, or the floor, which
// writes prepared frames. For the same plan both send the same bytes at the same times.

import { writeFileSync } from "node:fs";
import { Conversation } from "./lines.ts";
import { sendRequests, writeRequests } from "./load.ts";
import { frameText, payload, publishRequest } from "./sign.ts";
import type { Target } from "./target.ts";
import { freePort, type Workshop } from "./workshop.ts";

/** The channel of all events. */
const CHANNEL = "bench-0";

const CONNECTION_COUNT = 16;

/** The events to send, all to one channel. */
export interface Plan {
  readonly subscriberCount: number;
  /** Bytes of each event's data. */
  readonly bytes: number;
  readonly ratePerSecond: number;
  readonly publishCount: number;
}

/** Sends the events of a plan. */
export interface Sender {
  readonly name: string;
  readonly port: number;
  readonly pids: readonly number[];
  /** Sends the events, the first at `startUs`. Returns the longest delay of an event in microseconds. */
  send(plan: Plan, startUs: number): Promise<number>;
}

/** A server to which `requests` publishes. */
export function serverSender(workshop: Workshop, requests: string, server: Target): Sender {
  return {
    name: server.name,
    port: server.port,
    pids: server.pids,
    async send(plan, startUs) {
      const { ratePerSecond } = plan;
      const file = workshop.filePath("requests");
      writeRequests(file, requestTexts(plan, startUs));
      const answered = await sendRequests(workshop, requests, file, {
        port: server.port,
        connectionCount: CONNECTION_COUNT,
        schedule: { startUs, ratePerSecond },
      });
      workshop.remove(file);
      return answered.latestUs;
    },
  };
}

/** Publishes as fast as `connectionCount` connections allow, so that the server's code is compiled before the measurement. */
export async function warmUp(
  workshop: Workshop,
  requests: string,
  server: Target,
  publishCount: number,
): Promise<void> {
  const file = workshop.filePath("requests");
  const plan = { subscriberCount: 0, bytes: 200, ratePerSecond: 1, publishCount };
  writeRequests(file, requestTexts(plan, Date.now() * 1000));
  const options = { port: server.port, connectionCount: CONNECTION_COUNT };
  await sendRequests(workshop, requests, file, options);
  workshop.remove(file);
}

/** The requests of a plan, signed with the current time. */
export function* requestTexts(plan: Plan, startUs: number): Generator<string> {
  for (let i = 0; i < plan.publishCount; i += 1) {
    const dueUs = Math.floor(startUs + (i * 1e6) / plan.ratePerSecond);
    yield publishRequest(payload(dueUs, plan.bytes), CHANNEL);
  }
}

/** The floor as a sender, and a way to end it. */
export interface Floor {
  readonly sender: Sender;
  close(): Promise<void>;
}

/** Starts the floor and resolves when it listens. */
export async function startFloor(
  workshop: Workshop,
  program: string,
  bytes: number,
): Promise<Floor> {
  const port = freePort();
  const file = workshop.filePath("frame");
  writeFileSync(file, frameText(payload(0, bytes), CHANNEL));
  const command = [program, String(port), file];
  const conversation = new Conversation(workshop.startWorker(command, workshop.serverCore));
  await conversation.answer(5000);
  const sender: Sender = {
    name: "floor",
    port,
    pids: [conversation.pid],
    async send({ ratePerSecond, publishCount }, startUs) {
      conversation.send(`round ${startUs} ${ratePerSecond} ${publishCount}`);
      const { refused } = await conversation.answer<{ refused: number }>(300_000);
      if (refused === 0) return 0;
      throw new Error(
        `Cannot measure the floor: "${refused}" sends were refused, none must be; lower the rate`,
      );
    },
  };
  return { sender, close: () => conversation.close() };
}

// What a node does with a message of another node. Nothing about a message is certain before it was read here.
import type { Census } from "./census/census.ts";
import type { LinkMessage } from "./census/link.ts";
import { readOperations } from "./census/operations.ts";
import type { Envelope } from "./envelope.ts";
import { type Heartbeat, isForeign, readHeartbeat } from "./heartbeat.ts";
import type { Marks } from "./marks.ts";
import type { Publications } from "./publications.ts";
import type { Questions } from "./questions.ts";

/** The parts of a node that messages are for. */
export interface Receiver {
  readonly census: Census;
  readonly publications: Publications;
  readonly questions: Questions;
  readonly output: {
    readonly commanded: (body: unknown) => void;
    readonly question: (body: unknown) => readonly unknown[] | null;
  };
  /** Hashes of the apps that this node serves. */
  readonly apps: readonly number[];
  readonly nowMs: () => number;
  readonly marks: Marks;
  /** Sends a mark on a topic. */
  readonly mark: (topic: string, id: number) => void;
  readonly send: (to: string, kind: string, rest: readonly unknown[]) => void;
  readonly heartbeat: () => Heartbeat;
  /** The node belongs to another cluster, and has said so. */
  readonly foreign: (sender: string) => void;
  /** A node was heard that was not known. */
  readonly newcomer: () => void;
}

/** Handles a message. Returns false if it is not understood. */
export function handleEnvelope(receiver: Receiver, topic: string, envelope: Envelope): boolean {
  const { sender, kind, rest } = envelope;
  const nowMs = receiver.nowMs();
  switch (kind) {
    case "publication":
      return receiver.publications.take(sender, topic, rest);
    case "beat":
    case "hello":
      return takeHeartbeat(receiver, sender, kind, rest[0]);
    case "link":
      return takeLink(receiver, sender, rest);
    case "anew":
      receiver.census.anew(sender);
      return true;
    case "judged":
      return takeJudgement(receiver, rest);
    case "bye":
      receiver.census.end(sender, nowMs);
      return true;
    case "foreign":
      receiver.foreign(sender);
      return true;
    case "command":
      receiver.output.commanded(rest[0]);
      return true;
    case "question":
      return takeQuestion(receiver, sender, rest);
    case "answer":
      return takeAnswer(receiver, rest);
    case "mark":
      return takeMark(receiver, rest);
    case "marked":
      if (typeof rest[0] === "number") receiver.marks.came(rest[0]);
      return true;
    case "pull":
      return receiver.publications.takePull(sender, rest[0]);
    case "pulled":
      return receiver.publications.takePulled(sender, rest);
    default:
      return false;
  }
}

function takeHeartbeat(receiver: Receiver, sender: string, kind: string, value: unknown): boolean {
  const heartbeat = readHeartbeat(value);
  if (heartbeat === null || heartbeat.facts.id !== sender) return false;
  const { facts, beat, number, published, unsure, apps } = heartbeat;
  const nowMs = receiver.nowMs();
  if (isForeign(apps, receiver.apps)) {
    if (kind === "hello") receiver.send(sender, "foreign", []);
    return true;
  }
  if (receiver.census.peers.get(sender) === undefined) receiver.newcomer();
  // The other node must know this one before messages of the link come.
  if (kind === "hello") receiver.send(sender, "beat", [receiver.heartbeat()]);
  if (!receiver.census.heard(facts, beat, nowMs))
    receiver.send(sender, "judged", [facts.id, facts.incarnation, "dead"]);
  receiver.publications.beat(sender, number, published, unsure);
  return true;
}

function takeLink(
  receiver: Receiver,
  sender: string,
  [stream, number, content, isLast]: readonly unknown[],
): boolean {
  if (typeof stream !== "number" || typeof number !== "number") return false;
  const message = readLinkMessage(stream, number, content, isLast);
  if (message === null) return false;
  receiver.census.receive(sender, message, receiver.nowMs());
  return true;
}

function takeJudgement(
  receiver: Receiver,
  [id, incarnation, verdict]: readonly unknown[],
): boolean {
  if (typeof id !== "string" || typeof incarnation !== "number") return false;
  if (verdict !== "dead" && verdict !== "unreachable") return false;
  receiver.census.judged({ id, incarnation }, verdict, receiver.nowMs());
  return true;
}

function takeQuestion(receiver: Receiver, sender: string, [id, body]: readonly unknown[]): boolean {
  const parts = receiver.output.question(body);
  if (parts === null) return false;
  for (const [index, part] of parts.entries())
    receiver.send(sender, "answer", [id, part, index === parts.length - 1]);
  return true;
}

function takeMark(receiver: Receiver, [id, topic]: readonly unknown[]): boolean {
  if (typeof id !== "number" || typeof topic !== "string") return false;
  receiver.mark(topic, id);
  return true;
}

function takeAnswer(receiver: Receiver, [id, part, isLast]: readonly unknown[]): boolean {
  if (typeof id !== "number") return false;
  receiver.questions.answered(id, part, isLast === true);
  return true;
}

function readLinkMessage(
  stream: number,
  number: number,
  content: unknown,
  isLast: unknown,
): LinkMessage | null {
  if (typeof content === "string")
    return { stream, number, content: { text: content, isLast: isLast === true } };
  const operations = readOperations(content);
  return operations === null ? null : { stream, number, content: operations };
}

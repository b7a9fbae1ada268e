// The random operations of a run and how often each is chosen. Each is applied to the model and to the real
// node, and the results are compared right after.
import * as fc from "fast-check";
import { CHANNEL_NAMES } from "./channels.ts";
import { type Choice, clientChoices } from "./client-operations.ts";
import { clusterChoices } from "./cluster-operations.ts";
import { connectionChoices } from "./connection-operations.ts";
import { elsewhereChoices } from "./elsewhere-operations.ts";
import type { Operation } from "./operation.ts";
import { publishChoices } from "./publish-operations.ts";

/** The operations of one run: some subscriptions to begin with, then anything. */
export function runs(clientCount: number): fc.Arbitrary<Iterable<Operation>> {
  const choice = choices(clientCount);
  return fc
    .tuple(
      fc.array(choice.subscribe, { maxLength: 16, size: "max" }),
      fc.commands([...weighted(choice)], { maxCommands: 250, size: "max" }),
    )
    .map(([first, rest]) => new Run(first, rest));
}

/** Two lists of operations, one after the other. */
class Run implements Iterable<Operation> {
  readonly #first: readonly Operation[];
  readonly #rest: Iterable<Operation>;

  constructor(first: readonly Operation[], rest: Iterable<Operation>) {
    this.#first = first;
    this.#rest = rest;
  }

  *[Symbol.iterator](): Iterator<Operation> {
    yield* this.#first;
    yield* this.#rest;
  }

  /** The names of the operations that a failed run has executed. */
  toString(): string {
    return fc.stringify([this.#first, this.#rest]);
  }
}

/** Every kind of operation, weighted by how much the others depend on it to be interesting. */
function weighted(choice: ReturnType<typeof choices>): readonly fc.Arbitrary<Operation>[] {
  const weights: Readonly<Record<keyof ReturnType<typeof choices>, number>> = {
    subscribe: 8,
    publish: 14,
    publishSeries: 6,
    publishToMany: 2,
    flood: 1,
    clientEvent: 2,
    unsubscribe: 2,
    repeat: 1,
    ping: 1,
    signIn: 2,
    changeApp: 1,
    drain: 1,
    letIn: 12,
    refuseEntry: 3,
    arrive: 6,
    changeElsewhere: 6,
    setUserElsewhere: 2,
    loseBase: 2,
    enable: 2,
    beginLag: 4,
    endLag: 3,
    tick: 2,
    disconnect: 1,
    breakAll: 2,
    connect: 6,
  };
  const byName: Readonly<Record<string, number>> = weights;
  return Object.entries(choice).flatMap(([name, arbitrary]) =>
    Array.from({ length: byName[name] ?? 0 }, () => arbitrary),
  );
}

function choices(clientCount: number) {
  const choice: Choice = {
    client: fc.nat(clientCount - 1),
    channel: fc.oneof(
      { weight: 1, arbitrary: fc.constant("ticker") },
      { weight: 1, arbitrary: fc.constantFrom(...CHANNEL_NAMES) },
    ),
  };
  return {
    ...clientChoices(choice),
    ...publishChoices(choice),
    ...connectionChoices(choice),
    ...clusterChoices(choice),
    ...elsewhereChoices(choice),
  };
}

// Reads what a delta client received: the form of each event, its content, and the server's confirmations.
import { expect } from "bun:test";
import type { Delivery } from "../property/model/delivery.ts";
import type { Publishing } from "./api.ts";
import type { Arrival, DeltaClient, Form } from "./delta-client.ts";
import type { Frame } from "./raw-client.ts";

/** What the server says of deltas among its answers: to the connection, or to one subscription. */
export function confirmations(answers: readonly Frame[]): unknown[] {
  return answers
    .filter(({ event }) => event.endsWith(":delta_compression_enabled"))
    .map(({ data }) => data);
}

/** How the events came. */
export function formsOf(arrivals: readonly Arrival[]): Form[] {
  return arrivals.map(({ form }) => form);
}

/** What the application is handed. */
export function deliveriesOf(arrivals: readonly Arrival[]): (Delivery | null)[] {
  return arrivals.map(({ delivery }) => delivery);
}

/** What an application must be handed of these events. */
export function dueOf(events: readonly Publishing[]): Delivery[] {
  return events.map(({ name, data }) => ({ event: name, data }));
}

/** Checks that the client has decoded all that it got. */
export function expectInStep({ decoder }: DeltaClient): void {
  expect({ errors: decoder.errors, resyncs: decoder.resyncs }).toEqual({ errors: [], resyncs: [] });
}

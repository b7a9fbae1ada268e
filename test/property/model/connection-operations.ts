// The random operations on connections, on the node and on time.
import * as fc from "fast-check";
import type { Choice } from "./client-operations.ts";
import type { Expectations, ModelApp } from "./expectations.ts";
import { type Choices, type Operation, operation, sendBoth } from "./operation.ts";
import { OPEN_APP, type Rig } from "./rig.ts";
import { verify } from "./verification.ts";

const APPS: readonly Partial<ModelApp>[] = [
  {},
  {},
  { enabled: false },
  { clientEvents: false },
  { watchlist: false },
  { maxSubscriptions: 2 },
  { maxPresenceMembers: 1 },
];

/** The operations by name. */
export function connectionChoices({
  client,
}: Choice): Choices<"disconnect" | "connect" | "breakAll" | "drain" | "changeApp" | "tick"> {
  return {
    disconnect: client.map(disconnect),
    connect: client.map(connect),
    breakAll: client.map(breakAll),
    // A drain soon ends, since nobody can connect meanwhile.
    drain: fc
      .tuple(client, fc.constantFrom(true, true, true, false))
      .map(([late, ends]) => drain(late, ends)),
    changeApp: fc.constantFrom(...APPS).map(changeApp),
    tick: fc.constantFrom(0, 1000, 9000).map(tick),
  };
}

/** Changes the app's settings while it has connections. */
function changeApp(given: Partial<ModelApp>): Operation {
  return operation(
    `changeApp(${JSON.stringify(given)})`,
    () => true,
    (model, rig) => {
      model.app = { ...OPEN_APP, ...given };
      rig.change(model.app);
    },
  );
}

/** Begins a drain, or ends it: then all connections are closed, and all clients but one reconnect as to a new node. */
function drain(late: number, ends: boolean): Operation {
  return operation(
    `drain(${late}, ${ends ? "ends" : "begins"})`,
    (model) => model.draining === ends,
    async (model, rig) => {
      model.draining = !ends;
      rig.node.draining = !ends;
      if (!ends) return;
      const connected = model.closeAll();
      await rig.drain();
      rig.runSteps();
      verify(model, rig);
      for (const client of connected) if (client !== late) reconnect(model, rig, client);
    },
  );
}

function tick(ms: number): Operation {
  return operation(
    `tick(${ms})`,
    () => true,
    (model, rig) => {
      model.tick(ms);
      rig.tick(ms);
    },
  );
}

function disconnect(client: number): Operation {
  return operation(
    `disconnect(${client})`,
    (model) => model.isConnected(client),
    (model, rig) => {
      model.disconnect(client);
      rig.disconnect(client);
    },
  );
}

/** Reconnects with the state that the client kept of its channels, and subscribes again, as client libraries do. */
function connect(client: number): Operation {
  return operation(
    `connect(${client})`,
    (model) => !model.isConnected(client) && !model.draining,
    (model, rig) => reconnect(model, rig, client),
  );
}

function reconnect(model: Expectations, rig: Rig, client: number): void {
  model.connect(client);
  rig.connect(client);
  for (const subscribing of Array.from(rig.wanted[client]?.values() ?? []))
    sendBoth(model, rig, client, { kind: "subscribe", subscribing });
}

/** All connections break, so that all channels start anew. All clients reconnect except one. */
function breakAll(late: number): Operation {
  return operation(
    `breakAll(${late})`,
    (model) => !model.draining,
    (model, rig) => {
      const { connected } = model;
      for (const client of connected) {
        model.disconnect(client);
        rig.disconnect(client);
      }
      for (const client of connected) if (client !== late) reconnect(model, rig, client);
    },
  );
}

// Invariants of the hub's structures, checked after every operation.
import type { Channel, Cohort } from "../../../src/hub/channel.ts";
import type { Peer } from "../../../src/hub/ports.ts";
import type { Socket } from "../../../src/hub/socket.ts";
import type { TestSocket } from "../../doubles/network.ts";
import type { Rig } from "./rig.ts";

/** Throws if an invariant does not hold. */
export function checkStructures(rig: Rig): void {
  const { app } = rig;
  const sockets = rig.clients.flatMap(({ socket }) => (socket === null ? [] : [socket]));
  for (const channel of app.channels.values()) checkChannel(rig, channel, sockets);
  checkTopics(rig, sockets);
  for (const cohort of app.unsyncedCohorts) {
    const known = app.channels.get(cohort.channel.name)?.cohorts.get(cohort.key) === cohort;
    claim(known, "a cohort that is gone waits for its sockets to come in step");
  }
  for (const socket of app.lags.keys())
    claim(app.sockets.get(socket.id) === socket, "a socket that is gone lags");
  for (const { closedWith } of sockets)
    claim(closedWith === null, `a socket was closed: ${closedWith?.message}`);
}

function checkChannel(rig: Rig, channel: Channel, sockets: readonly Socket[]): void {
  const { name } = channel;
  let sum = 0;
  for (const cohort of channel.cohorts.values()) {
    sum += cohort.socketCount;
    claim(cohort.socketCount > 0, `${name} has an empty cohort`);
    const members = sockets.filter((socket) => cohortOf(socket, name) === cohort);
    claim(members.length === cohort.socketCount, `${name} counts a cohort's sockets wrong`);
    const listeners = rig.network.topics.get(cohort.topic)?.size ?? 0;
    claim(listeners === cohort.listenerCount, `${name} counts a cohort's listeners wrong`);
    checkDelta(rig, cohort, members);
  }
  claim(sum > 0, `${name} has no subscribers and is still there`);
  claim(channel.socketCount === sum, `${name} counts ${channel.socketCount} of ${sum} sockets`);
  const lagging = sockets.filter(
    (socket) => rig.app.lags.has(socket) && socket.subscriptions.has(name),
  );
  claim(
    (channel.backlog?.socketCount ?? 0) === lagging.length,
    `${name} has ${lagging.length} lagging sockets and counts ${channel.backlog?.socketCount}`,
  );
  claim(channel.backlog === null || lagging.length > 0, `${name} keeps a backlog for nobody`);
}

function checkDelta(rig: Rig, cohort: Cohort, members: readonly Peer[]): void {
  const { delta, channel } = cohort;
  if (delta === null) return;
  claim(!channel.kind.encrypted, `${channel.name} is encrypted and compressed`);
  claim(
    delta.chains.size <= rig.setting.options.maxKeysPerChannel,
    `${channel.name} has too many chains`,
  );
  for (const socket of delta.unsynced.keys()) {
    claim(members.includes(socket), `${channel.name} has unsynced sockets that are not subscribed`);
    claim(
      !rig.app.lags.has(socket),
      `${channel.name} has a lagging socket among its unsynced ones`,
    );
  }
  claim(
    delta.unsynced.size === 0 || rig.app.unsyncedCohorts.has(cohort),
    `${channel.name} has unsynced sockets that nothing will sync`,
  );
}

/** Every socket is on exactly the topics that its cohorts imply, and no other socket is on any topic. */
function checkTopics(rig: Rig, sockets: readonly TestSocket[]): void {
  const expected = new Set<string>();
  for (const socket of sockets) {
    if (rig.app.lags.has(socket)) continue;
    for (const { cohort } of socket.subscriptions.values()) {
      const fresh = cohort.delta?.unsynced.has(socket) === true;
      expected.add(`${socket.id} on ${fresh ? cohort.delta?.unsyncedTopic : cohort.topic}`);
    }
  }
  const actual = new Set<string>();
  for (const [topic, members] of rig.network.topics)
    for (const socket of members) actual.add(`${socket.id} on ${topic}`);
  for (const place of actual) claim(expected.has(place), `${place}, where it should not be`);
  for (const place of expected) claim(actual.has(place), `not ${place}, where it should be`);
}

function cohortOf(socket: Socket, channel: string): Cohort | undefined {
  return socket.subscriptions.get(channel)?.cohort;
}

/** Throws `otherwise` unless `holds`. */
export function claim(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

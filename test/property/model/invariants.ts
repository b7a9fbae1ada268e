// Invariants of the structures of the hub, the node and the sessions, checked after every operation and at the end.
import type { Channel, Cohort } from "../../../src/hub/channel.ts";
import type { Peer } from "../../../src/hub/ports.ts";
import type { Socket } from "../../../src/hub/socket.ts";
import { CHANNEL_NAMES } from "./channels.ts";
import { userOf } from "./deliveries.ts";
import type { Expectations } from "./expectations.ts";
import type { Rig } from "./rig.ts";

/** Throws if an invariant does not hold. */
export function checkStructures(model: Expectations, rig: Rig): void {
  const { app } = rig;
  const sockets = rig.clients.flatMap(({ connection }) =>
    connection === null ? [] : [connection.session],
  );
  for (const channel of app.channels.values()) {
    checkChannel(rig, channel, sockets);
    checkElsewhere(model, channel);
  }
  checkTopics(rig, sockets);
  for (const cohort of app.unsyncedCohorts) {
    const known = app.channels.get(cohort.channel.name)?.cohorts.get(cohort.key) === cohort;
    claim(known, "a cohort that is gone waits for its sockets to be synced");
  }
  for (const socket of app.lags.keys())
    claim(app.sockets.get(socket.id) === socket, "a socket that is gone lags");
  for (const { id, isOpen } of sockets) claim(isOpen, `${id} was closed`);
  claim(app.sockets.size === sockets.length, "the hub has more sockets than there are, or fewer");
  claim(app.users.size === model.watching.size, "the hub keeps more users than it must, or fewer");
  checkWaiting(model, rig);
}

/** What waits, and which channels the cluster was told of. */
function checkWaiting(model: Expectations, { app, node, cluster, context }: Rig): void {
  const waiting = model.connected.filter((client) => model.isWaiting(client)).length;
  const mailboxes = [...context.mailboxes.connections];
  claim(mailboxes.length === waiting, `${waiting} wait, and ${mailboxes.length} have a mailbox`);
  for (const session of mailboxes)
    claim(context.mailboxes.isHeld(session), `${session.id} has a mailbox and waits for nothing`);
  if (cluster === null) return claim(node.deadlines.size === 0, "a node alone waits");
  const opening = new Set(model.openings.channels);
  claim(node.openings?.size === opening.size, `the channels ${[...opening].join()} must open`);
  for (const name of CHANNEL_NAMES) {
    const isNeeded = app.channels.has(name) || opening.has(name);
    const told = isNeeded ? "is not" : "still is";
    claim(cluster.opened.has(name) === isNeeded, `${name} ${told} open at the cluster`);
  }
}

/** Throws if something is left after all clients have disconnected and every question was answered or overdue. */
export function checkEnd({ app, node, cluster, context, network }: Rig): void {
  const left = {
    sockets: app.sockets.size,
    channels: app.channels.size,
    users: app.users.size,
    lags: app.lags.size,
    backlogs: app.backlogs.bytes,
    unsyncedCohorts: app.unsyncedCohorts.size,
    toldXdelta3: app.toldXdelta3.size,
    filterUse: app.filterUse.size,
    openings: node.openings?.size ?? 0,
    deadlines: node.deadlines.size,
    opened: cluster?.opened.size ?? 0,
    mailboxes: [...context.mailboxes.connections].length,
    topics: [...network.topics.values()].filter(({ size }) => size > 0).length,
  };
  for (const [name, count] of Object.entries(left))
    claim(count === 0, `${count} of "${name}" are left at the end`);
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

function checkElsewhere(model: Expectations, { name, presence, elsewhereCount }: Channel): void {
  const { subscriptionCount, userIds } = model.deliveries.elsewhereOf(name);
  claim(elsewhereCount === subscriptionCount, `${name} counts ${elsewhereCount} elsewhere`);
  if (presence === null) return;
  const known = [...presence.elsewhere()].map(({ userId }) => userId);
  claim(known.toSorted().join() === userIds.toSorted().join(), `${known.join()} are elsewhere`);
  const here = model.deliveries.subscribersOf(name).map(userOf);
  for (const userId of presence.userIds)
    claim(presence.isHere(userId) === here.includes(userId), `it is wrong where ${userId} is`);
}

function checkDelta(rig: Rig, cohort: Cohort, members: readonly Peer[]): void {
  const { delta, channel } = cohort;
  if (delta === null) return;
  claim(cohort.traits.codec.events.takesDeltas, `${channel.name} has deltas in bytes`);
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
function checkTopics(rig: Rig, sockets: readonly Socket[]): void {
  const expected = new Set<string>();
  for (const socket of sockets) {
    for (const id of socket.user?.watchlist ?? [])
      expected.add(`${socket.id} on ${rig.app.users.get(id)?.topicOf(socket.codec)}`);
    if (rig.app.lags.has(socket)) continue;
    for (const { cohort } of socket.subscriptions.values()) {
      const unsynced = cohort.delta?.unsynced.has(socket) === true;
      expected.add(`${socket.id} on ${unsynced ? cohort.delta?.unsyncedTopic : cohort.topic}`);
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

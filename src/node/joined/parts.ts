// This node's own part of each key, as the hub has it.
import type { MemberEntry, OwnPart } from "../../cluster/census/part.ts";
import { appKey, channelKey, readKey, userKey } from "../../cluster/keys.ts";
import type { Hub } from "../../hub/hub.ts";

const EMPTY: Omit<OwnPart, "follow"> = { count: 0, members: [] };

/** The part of a key; empty if this node has none. */
export function partOf(hub: Hub, key: string): Omit<OwnPart, "follow"> {
  const subject = readKey(key);
  const app = subject === null ? null : hub.find(subject.appId);
  if (subject === null || app === null) return EMPTY;
  switch (subject.kind) {
    case "channel": {
      const channel = app.channels.get(subject.name);
      if (channel === undefined) return EMPTY;
      const members = channel.presence?.here() ?? [];
      return { count: channel.socketCount, members: entriesOf(members) };
    }
    case "user":
      return { count: app.users.get(subject.name)?.sockets.size ?? 0, members: [] };
    case "app":
      return { count: app.connectionCount, members: [] };
    default:
      return subject.kind satisfies never;
  }
}

/** The info of a member with a socket on this node; undefined if there is none. */
export function memberOf(hub: Hub, key: string, userId: string): string | null | undefined {
  const subject = readKey(key);
  const app = subject === null ? null : hub.find(subject.appId);
  const presence = app?.channels.get(subject?.name ?? "")?.presence;
  return presence?.isHere(userId) === true ? presence.infoOf(userId) : undefined;
}

/** The keys of which this node has a part. */
export function* keysOf(hub: Hub): Generator<string, void> {
  for (const app of hub.apps) {
    const { id } = app.app;
    for (const { name, kind } of app.channels.values()) if (!kind.user) yield channelKey(id, name);
    for (const user of app.users.values()) if (user.isHere) yield userKey(id, user.id);
    if (app.connectionCount > 0) yield appKey(id);
  }
}

function* entriesOf(
  members: Iterable<{ readonly userId: string; readonly userInfo: string | null }>,
): Generator<MemberEntry, void> {
  for (const { userId, userInfo } of members) yield [userId, userInfo];
}

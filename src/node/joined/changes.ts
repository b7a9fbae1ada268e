// What the hub tells of its changes goes to the census, and what the census knows of elsewhere to the hub.
import { FOLLOW } from "../../cluster/census/part.ts";
import { appKey, channelKey, userKey } from "../../cluster/keys.ts";
import type { Station } from "../../cluster/station.ts";
import type { ChangeListener } from "../../hub/app-hub.ts";
import type { App } from "../../protocol/app.ts";
import type { Node } from "../node.ts";

/** The parts of a cluster that the listener uses. */
export interface ListeningCluster {
  readonly station: Station;
  followAppOf(app: App): void;
  unfollow(key: string): void;
}

/** Makes the listener. `node` is called once the node exists. */
export function changeListener(cluster: ListeningCluster, node: () => Node): ChangeListener {
  const change = (key: string, userId: string | null = null): void => {
    cluster.station.census.change(key, userId);
    cluster.station.flushSoon();
  };
  return {
    channelChanged: (hub, { kind, name }) => {
      // Nobody asks who else is on a user's own channel.
      if (!kind.user) change(channelKey(hub.app.id, name));
    },
    memberChanged: (hub, { name }, userId) => change(channelKey(hub.app.id, name), userId),
    userChanged: (hub, user) => {
      const key = userKey(hub.app.id, user.id);
      if (user.watcherCount > 0) cluster.station.census.follow(key, FOLLOW.count);
      else cluster.unfollow(key);
      change(key);
    },
    connectionsChanged: (hub) => {
      // An app without a quota has nothing to count for.
      if (hub.app.limits.maxConnections === Infinity) return;
      cluster.followAppOf(hub.app);
      change(appKey(hub.app.id));
    },
    vacated: (hub, channel) => node().openings?.vacated(hub, channel),
    elsewhere: (hub, channel) => {
      const view = cluster.station.census.view(channelKey(hub.app.id, channel));
      if (view === undefined) return null;
      const members = Array.from(view.members, ([userId, userInfo]) => ({ userId, userInfo }));
      return { subscriptionCount: view.count, members };
    },
    isOnlineElsewhere: (hub, userId) => {
      const view = cluster.station.census.view(userKey(hub.app.id, userId));
      return (view?.count ?? 0) > 0;
    },
    connectionsElsewhere: (appId) => cluster.station.census.view(appKey(appId))?.count ?? 0,
  };
}

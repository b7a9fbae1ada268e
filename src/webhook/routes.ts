// The endpoints of an app, compiled for the question which of them want an event. An endpoint is
// identified by its position in the app's list: two with the same URL are two endpoints.
import type { App, WebhookEndpoint, WebhookEvent } from "../protocol/app.ts";
import { channelTest, type ChannelTest } from "./channel-filter.ts";

/** A compiled endpoint. */
export interface Route {
  readonly endpoint: WebhookEndpoint;
  /** Unique among the endpoints of all apps. */
  readonly id: string;
  /** The events that it wants; null for all. */
  readonly events: ReadonlySet<WebhookEvent> | null;
  /** Whether it wants the events of a channel. */
  readonly hasChannel: ChannelTest;
}

const routesByApp: WeakMap<App, readonly Route[]> = new WeakMap();

/** The app's endpoints, in the order of its list. Compiled once for each `App` object. */
export function routesOf(app: App): readonly Route[] {
  const known = routesByApp.get(app);
  if (known !== undefined) return known;
  const routes = app.webhooks.map((endpoint, index) => routeOf(app.id, endpoint, index));
  routesByApp.set(app, routes);
  return routes;
}

/** Whether the endpoint wants this event of this channel. */
export function wants(route: Route, event: WebhookEvent, channel: string): boolean {
  return (route.events === null || route.events.has(event)) && route.hasChannel(channel);
}

function routeOf(appId: string, endpoint: WebhookEndpoint, index: number): Route {
  return {
    endpoint,
    id: `${appId}/${index}/${endpoint.url}`,
    events: endpoint.events.length === 0 ? null : new Set(endpoint.events),
    hasChannel: channelTest(endpoint.filter),
  };
}

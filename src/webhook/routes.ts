// The endpoints of an app, made ready for the question "who wants this?". An endpoint is known by
// its place in the app's list: two with the same address are two.
import type { App, WebhookEndpoint, WebhookEvent } from "../protocol/app.ts";
import { channelTest, type ChannelTest } from "./channel-filter.ts";

/** An endpoint made ready. */
export interface Route {
  readonly endpoint: WebhookEndpoint;
  /** No other endpoint of any app has it. */
  readonly id: string;
  readonly events: ReadonlySet<WebhookEvent> | null;
  readonly hasChannel: ChannelTest;
}

const routesByApp: WeakMap<App, readonly Route[]> = new WeakMap();

/** The app's endpoints, in its order. */
export function routesOf(app: App): readonly Route[] {
  const known = routesByApp.get(app);
  if (known !== undefined) return known;
  const routes = app.webhooks.map((endpoint, index) => routeOf(app.id, endpoint, index));
  routesByApp.set(app, routes);
  return routes;
}

/** Whether the endpoint is to be told of this event on this channel. */
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

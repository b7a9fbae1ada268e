import { expect, test } from "bun:test";
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import { eventText } from "../../../src/webhook/event-text.ts";

const client: ChannelEvent = {
  kind: "client_event",
  channel: "private-c",
  event: "client-typing",
  data: '{"to":"Zoë"}',
  socketId: "1.2",
  userId: null,
};

test.each<readonly [ChannelEvent, string]>([
  [{ kind: "channel_occupied", channel: "c" }, '{"name":"channel_occupied","channel":"c"}'],
  [{ kind: "channel_vacated", channel: "c" }, '{"name":"channel_vacated","channel":"c"}'],
  [
    { kind: "member_added", channel: "presence-c", userId: "u" },
    '{"name":"member_added","channel":"presence-c","user_id":"u"}',
  ],
  [
    { kind: "member_removed", channel: "presence-c", userId: "7" },
    '{"name":"member_removed","channel":"presence-c","user_id":"7"}',
  ],
  [
    client,
    '{"name":"client_event","channel":"private-c","event":"client-typing","data":"{\\"to\\":\\"Zoë\\"}","socket_id":"1.2"}',
  ],
  [
    { ...client, channel: "presence-c", data: "plain", userId: "u" },
    '{"name":"client_event","channel":"presence-c","event":"client-typing","data":"plain","socket_id":"1.2","user_id":"u"}',
  ],
  [{ kind: "cache_miss", channel: "cache-c" }, '{"name":"cache_miss","channel":"cache-c"}'],
  [
    { kind: "subscription_count", channel: "c", count: 3 },
    '{"name":"subscription_count","channel":"c","subscription_count":3}',
  ],
])("eventText() has the members of Pusher's and no others: %o", (event, text) => {
  expect(eventText(event)).toBe(text);
});

test("eventText() is valid UTF-8 whatever a client sent", () => {
  const text = eventText({ ...client, data: "\ud800" });
  expect(new TextDecoder().decode(new TextEncoder().encode(text))).toBe(text);
});

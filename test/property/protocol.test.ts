// Random input: reading never throws, and reads back what was written.
import { NO_TAGS } from "../../src/filter/tags.ts";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readCommand } from "../../src/protocol/commands.ts";
import { isFault } from "../../src/protocol/faults.ts";
import { channelSuffix, JSON_V1, JsonEvent } from "../../src/protocol/json-codec.ts";
import { errorMessage, memberAdded, type MessageChannel } from "../../src/protocol/messages.ts";
import { isRecord, parseJson } from "../../src/protocol/json.ts";
import { readMember } from "../../src/protocol/member.ts";
import { readBatchItem, readEvent } from "../../src/protocol/publication.ts";
import { readQuery } from "../../src/protocol/query.ts";
import { DEFAULT_LIMITS } from "../../src/protocol/app.ts";

const EVENTS = [
  "pusher:subscribe",
  "pusher:unsubscribe",
  "pusher:ping",
  "client-x",
  "pusher:signin",
  "",
];
const frame = fc.record(
  {
    event: fc.oneof(fc.constantFrom(...EVENTS), fc.string(), fc.jsonValue()),
    channel: fc.oneof(fc.string(), fc.jsonValue()),
    data: fc.oneof(
      fc.jsonValue(),
      fc.record(
        { channel: fc.jsonValue(), auth: fc.jsonValue(), channel_data: fc.jsonValue() },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);

test("readCommand() never throws, and its faults can be sent", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    frame.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (sent) => {
      const read = readCommand(sent);
      if (isFault(read)) expect(isRecord(parseJson(JSON_V1.write(errorMessage(read))))).toBe(true);
      else expect(typeof read.kind).toBe("string");
    }),
    { numRuns: 5000 },
  );
});

test("readEvent() and readBatchItem() never throw", () => {
  const body = fc.record(
    {
      name: fc.oneof(fc.string(), fc.jsonValue()),
      channels: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
      channel: fc.jsonValue(),
      data: fc.jsonValue(),
      socket_id: fc.jsonValue(),
      info: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(body, fc.jsonValue()), (value) => {
      const item = readBatchItem(value, DEFAULT_LIMITS);
      expect(isFault(item) || item.publication.channels.length === 1).toBe(true);
      if (!isRecord(value)) return;
      const event = readEvent(value, DEFAULT_LIMITS);
      expect(isFault(event) || event.publication.channels.length > 0).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test("readMember() never throws, and its member survives a frame", () => {
  const member = fc.record(
    { user_id: fc.jsonValue(), user_info: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        member.map((value) => JSON.stringify(value)),
      ),
      (channelData) => {
        const read = readMember("presence-a", channelData, DEFAULT_LIMITS);
        if (isFault(read)) return;
        const sent: unknown = JSON.parse(
          JSON_V1.write(memberAdded(channelNamed("presence-a"), read.userId, read.userInfo)),
        );
        expect(isRecord(sent) && parseJson(String(sent["data"]))).toMatchObject({
          user_id: read.userId,
        });
      },
    ),
    { numRuns: 3000 },
  );
});

test("an event's frame contains name and data unchanged, whatever they are", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (event, data) => {
      const written = new JsonEvent({ event, data, userId: null, tags: NO_TAGS });
      expect(JSON.parse(written.write(channelNamed("c"), false))).toEqual({
        event,
        data,
        channel: "c",
      });
    }),
    { numRuns: 2000 },
  );
});

test("readQuery() never throws, and returns what was encoded", () => {
  const pairs = fc.array(
    fc.tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" })),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(pairs, (given) => {
      const query = given.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
      expect(readQuery(query)).toEqual(given);
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.string(), (query) => Array.isArray(readQuery(query))),
    { numRuns: 1000 },
  );
});

function channelNamed(name: string): MessageChannel {
  return { name, suffix: channelSuffix(name) };
}

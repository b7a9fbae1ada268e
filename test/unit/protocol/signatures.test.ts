// The signature vectors of Pusher's documentation and server libraries.
import { describe, expect, test } from "bun:test";
import { authoriseSubscription } from "../../../src/protocol/authorisation.ts";
import { sameDigest, sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";

const VECTORS: readonly (readonly [text: string, signature: string])[] = [
  ["1234.1234:private-foobar", "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"],
  [
    '1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Pusher"}}',
    "afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c",
  ],
  [
    '1234.1234:presence-foobar:{"user_id":"10","user_info":{"name":"Mr. Pusher"}}',
    "48dac51d2d7569e1e9c0f48c227d4b26f238fa68e5c0bb04222c966909c4f7c4",
  ],
  [
    '1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
    "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80",
  ],
  [
    '1234.1234:private-foobar:{"user_id":"1"}',
    "dfaa2efdf7f1d9341eda3dd4402578bade68221dd3869a5ec8cd9bd633a81a84",
  ],
  [
    '1234.1234::user::{"id":"12345"}',
    "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba",
  ],
];

describe("sign()", () => {
  test.each(VECTORS)("signs %s", (text, signature) => {
    expect(sign(SECRET, text)).toBe(signature);
  });

  test("signs a webhook body", () => {
    expect(sign("secret", '{"hello":"world"}')).toBe(
      "2677ad3e7c090b2fa2c0fb13020d66d5420879b8316eb356a2d60fb9073bc778",
    );
  });
});

test("subscriptionText() includes channel_data whenever it was sent, even on private channels", () => {
  expect(subscriptionText("1.2", "private-a", null)).toBe("1.2:private-a");
  expect(subscriptionText("1.2", "private-a", "{}")).toBe("1.2:private-a:{}");
});

test("sameDigest() takes capitals and refuses another length", () => {
  expect(sameDigest("ab12", "AB12")).toBe(true);
  expect(sameDigest("ab12", "ab13")).toBe(false);
  expect(sameDigest("ab12", "ab1")).toBe(false);
  expect(sameDigest("ab12", "")).toBe(false);
});

describe("authoriseSubscription()", () => {
  const channel = "private-foobar";
  const signature = "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4";
  const ask = (auth: string | null, channelData: string | null = null): string | null =>
    authoriseSubscription(testApp(), "1234.1234", {
      kind: "subscribe",
      channel,
      auth,
      channelData,
    })?.message ?? null;

  test("accepts the vector", () => {
    expect(ask(`${KEY}:${signature}`)).toBeNull();
    expect(ask(`${KEY}:${signature.toUpperCase()}`)).toBeNull();
  });

  test("accepts any of several active keys", () => {
    const credentials = [
      { key: "new", secret: "new-secret" },
      { key: KEY, secret: SECRET },
    ];
    const command = {
      kind: "subscribe",
      channel,
      auth: `${KEY}:${signature}`,
      channelData: null,
    } as const;
    expect(authoriseSubscription(testApp({ credentials }), "1234.1234", command)).toBeNull();
  });

  test.each([
    [null, "Auth info required to subscribe to private-foobar"],
    [
      "nonsense",
      "Auth value for subscription to private-foobar is invalid: should be of format 'key:signature'",
    ],
    [
      `${KEY}:a:b`,
      "Auth value for subscription to private-foobar is invalid: should be of format 'key:signature'",
    ],
    [`other:${signature}`, "Invalid key in subscription auth data: 'other'"],
    [
      `${KEY}:bad`,
      "Invalid signature: Expected HMAC SHA256 hex digest of 1234.1234:private-foobar, but got bad",
    ],
  ])("refuses %s with the live text", (auth, message) => {
    expect(ask(auth)).toBe(message);
  });

  test.each(["lobby", '"lobby"', "1", "null", '[{"user_id":"1"}]', '{"user_id":"1"', " "])(
    "refuses the channel_data %s before it checks the signature",
    (channelData) => {
      const text = `1234.1234:${channel}:${channelData}`;
      expect(ask(`${KEY}:${sign(SECRET, text)}`, channelData)).toBe(
        "Invalid channel_data for subscription to private-foobar: must be a JSON object",
      );
    },
  );

  test("refuses a signature without the channel_data that was sent", () => {
    expect(ask(`${KEY}:${signature}`, '{"user_id":"1"}')).toBe(
      'Invalid signature: Expected HMAC SHA256 hex digest of 1234.1234:private-foobar:{"user_id":"1"}, but got ' +
        signature,
    );
  });
});

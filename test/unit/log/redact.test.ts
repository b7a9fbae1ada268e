// Secrets in log events do not appear in the output.
import { expect, test } from "bun:test";
import { jsonLine, type LogFields, textLine } from "../../../src/log/line.ts";
import { sign } from "../../../src/protocol/signatures.ts";

const SECRET = "hunter2hunter2hunter2";
const SIGNATURE = sign(SECRET, "1.1:private-a");

function linesOf(fields: LogFields): string {
  const event = { timeMs: 0, level: "info", message: "tested", fields } as const;
  return jsonLine(event) + textLine(event, true);
}

test.each([
  "secret",
  "app_secret",
  "secretAccessKey",
  "auth",
  "auth_key",
  "Authorization",
  "authorisation",
  "signature",
  "auth_signature",
  "token",
  "apitoken",
  "bearerToken",
  "password",
  "redis_passwd",
  "cookie",
  "credentials",
  "data",
  "channel_data",
  "channelData",
  "user_data",
  "userData",
  "user-data",
])("the field %s is redacted", (key) => {
  const lines = linesOf({ [key]: SECRET });
  expect(lines).not.toContain(SECRET);
  expect(lines).toContain("[redacted]");
  expect(linesOf({ [key]: 123_456 })).not.toContain("123456");
  expect(linesOf({ [key]: null })).toContain("null");
});

test.each(["author", "data_bytes", "database", "authorised_count", "key", "channel", "updated"])(
  "the field %s is written",
  (key) => {
    expect(linesOf({ [key]: "plain" })).not.toContain("[redacted]");
  },
);

test.each([
  ["a URL", `redis://user:${SECRET}@cache:6379/0`, "redis://[redacted]@cache:6379/0"],
  ["a URL without a user", `nats://:${SECRET}@bus`, "nats://[redacted]@bus"],
  [
    "a query",
    `/apps/3/events?auth_key=k&auth_signature=${SECRET}&body_md5=0`,
    "/apps/3/events?auth_key=k&auth_signature=[redacted]&body_md5=0",
  ],
  ["a header", `Authorization: Bearer ${SECRET}`, "Authorization: Bearer [redacted]"],
  ["a signature", `got k:${SIGNATURE}`, "got k:[redacted]"],
  ["a signature in capitals", SIGNATURE.toUpperCase(), "[redacted]"],
  [
    "JSON",
    `{"event":"pusher:subscribe","auth": "k:${SECRET}","channel":"a"}`,
    '{"event":"pusher:subscribe","auth": "[redacted]","channel":"a"}',
  ],
  [
    "a payload in JSON",
    `{"channel_data":"{\\"user_id\\":\\"${SECRET}\\"}","channel":"a"}`,
    '{"channel_data":"[redacted]","channel":"a"}',
  ],
])("a value that contains %s is written without it", (_, value, told) => {
  const lines = linesOf({ error: value });
  expect(lines).not.toContain(SECRET);
  const { error }: { error: string } = JSON.parse(lines.split("\n")[0] ?? "");
  expect(error).toBe(told);
});

test("a secret in JSON within JSON is found", () => {
  const inner = JSON.stringify({ auth: SECRET, user_data: SECRET });
  expect(linesOf({ error: JSON.stringify({ frame: inner }) })).not.toContain(SECRET);
});

test("a secret does not appear where its value is cut off", () => {
  for (let start = 420; start < 520; start++)
    expect(linesOf({ error: `${"x".repeat(start)} redis://u:${SECRET}@cache` })).not.toContain(
      SECRET.slice(0, 6),
    );
});

test("messages are searched like values", () => {
  const event = { timeMs: 0, level: "info", message: `token=${SECRET}`, fields: {} } as const;
  expect(jsonLine(event) + textLine(event, false)).not.toContain(SECRET);
});

test("sentences about secrets stay readable", () => {
  const sentence =
    'Cannot read token: it is empty, the password must be text, basic authentication failed for "auth"';
  expect(linesOf({ error: sentence })).toContain(JSON.stringify(sentence));
});

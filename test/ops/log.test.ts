import { beforeAll, describe, expect, test } from "bun:test";
import { call } from "../harness/api.ts";
import { isObject, parseObject } from "../harness/json.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { hmac } from "../harness/signing.ts";
import { resource, socketUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
const SECRET = "s3cr3t-of-the-app";
const PAYLOAD = "payload-of-a-user";

let server: Server;
/** What must not be logged, beside the app's secret and the payload. */
const signatures: string[] = [];
const requestIds: string[] = [];
let lines: readonly Readonly<Record<string, unknown>>[];
let stderr: string;

/** Causes each kind of refusal once. */
beforeAll(async () => {
  server = await startServer(forFile, {
    app: { secret: SECRET, allowed_origins: ["https://example.com"], max_connections: 2 },
    config: {
      log: { format: "json", level: "debug" },
      max_connections: 3,
      shutdown_grace_period: 1,
    },
  });
  await misbehaveOnSockets();
  await misbehaveOnTheApi();
  server.program.terminate();
  const outcome = await server.program.outcome();
  expect(outcome.code).toBe(0);
  ({ stderr } = outcome);
  lines = stderr.trimEnd().split("\n").map(parseObject);
});

async function misbehaveOnSockets(): Promise<void> {
  const { client, socketId } = await connectRaw(forFile, server);
  const forged = hmac("another", `${socketId}:private-x`);
  const signed = hmac(SECRET, `${socketId}:private-x`);
  const user = hmac(SECRET, `${socketId}::user::${PAYLOAD}`);
  signatures.push(forged, signed, user);
  client.subscribe({ channel: "private-x", auth: `${server.key}:${forged}` });
  client.subscribe({ channel: "presence-x", auth: forged, channel_data: PAYLOAD });
  client.subscribe({ channel: "private-x", auth: `${server.key}:${signed}` });
  client.send({
    event: "pusher:signin",
    data: { auth: `${server.key}:${user}`, user_data: PAYLOAD },
  });
  client.send({ event: "client-e", data: PAYLOAD.repeat(1000), channel: "private-x" });
  client.sendText(PAYLOAD);
  await client.received();
  await connectRaw(forFile, server);
  // Above the app's limit, with an unknown key, with an unknown protocol.
  for (const url of [
    socketUrl(server),
    socketUrl({ ...server, key: PAYLOAD }),
    socketUrl(server, `protocol=${PAYLOAD}`),
  ])
    await new RawClient(forFile, url).closed();
}

async function misbehaveOnTheApi(): Promise<void> {
  const body = JSON.stringify({ name: "e", channel: "news", data: PAYLOAD });
  const path = resource("/events");
  const parameters = { name: "e", channel: "news", data: JSON.stringify({ text: PAYLOAD }) };
  const signing = { secret: "another" };
  const responses = [
    await call(server, "POST", path, { body, signing }),
    await call(server, "POST", path, { body: body.replace('"e"', "1"), signing: own({}) }),
    await call(server, "POST", path, { body: PAYLOAD, signing: own({}) }),
    // An application may put everything into the query.
    await call(server, "POST", path, { signing: { ...signing, parameters } }),
    await call(server, "GET", resource("/channels"), { signing: own({ info: PAYLOAD }) }),
    await call(server, "GET", "/apps/no-such-app/channels"),
  ];
  for (const response of responses) {
    expect(response.status).toBeWithin(400, 500);
    requestIds.push(response.headers.get("X-Request-Id") ?? "");
    const url = new URL(response.url);
    signatures.push(url.searchParams.get("auth_signature") ?? "");
  }
  const library = serverLibrary({ ...server, secret: SECRET });
  await library.trigger("news", "e", PAYLOAD);
}

function own(parameters: Readonly<Record<string, string>>) {
  return { secret: SECRET, parameters };
}

describe("the log as JSON", () => {
  test("has a time, a level and a message in every line", () => {
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      expect(isObject(line)).toBe(true);
      expect(String(line["time"])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(["debug", "info", "warn", "error"]).toContain(String(line["level"]));
      expect(line["msg"]).toBeString();
    }
  });

  test("has no secret, no signature and no payload in any line", () => {
    expect(signatures).not.toContain("");
    for (const text of [SECRET, PAYLOAD, ...signatures]) expect(stderr).not.toContain(text);
  });

  test("names each refused request as its answer does", () => {
    const refused = lines.filter(({ msg }) => msg === "request refused");
    expect(refused.map((line) => line["request_id"])).toEqual(requestIds);
    expect(refused.map((line) => line["status"])).toEqual([401, 400, 400, 401, 400, 404]);
  });

  test("names the limits that were hit", () => {
    const limits = lines.filter(({ msg }) => msg === "limit hit").map((line) => line["limit"]);
    expect(limits).toContain("connections");
  });

  test("tells that the server stops and has stopped", () => {
    const messages = lines.map(({ msg }) => msg);
    expect(messages.slice(-2)).toEqual(["stopping", "stopped"]);
  });
});

test("the log as text has no secret, no signature and no payload either", async () => {
  const text = await startServer(scope, {
    app: { secret: SECRET },
    config: { log: { level: "debug" } },
  });
  const body = JSON.stringify({ name: "e", channel: "news", data: PAYLOAD });
  const response = await call(text, "POST", resource("/events"), {
    body,
    signing: { secret: "another" },
  });
  expect(response.status).toBe(401);
  const [line] = await text.program.says(/^.*request refused.*$/m);
  expect(line).toContain(`request_id=${response.headers.get("X-Request-Id")}`);
  const signature = new URL(response.url).searchParams.get("auth_signature") ?? "";
  expect(signature).toHaveLength(64);
  for (const hidden of [SECRET, PAYLOAD, signature])
    expect(text.program.stderr).not.toContain(hidden);
});

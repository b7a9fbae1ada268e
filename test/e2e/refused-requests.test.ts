import { beforeAll, describe, expect, test } from "bun:test";
import { call } from "../harness/api.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { httpUrl, resource } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let disabled: Server;

beforeAll(async () => {
  [server, disabled] = await Promise.all([
    startServer(forFile, { config: { http_api: { request_limit_in_mb: 1 } } }),
    startServer(forFile, { app: { enabled: false } }),
  ]);
});

const EVENT = '{"name":"e","channel":"a","data":"{}"}';
const FORGED = { secret: "another" };

/** A refused request of each status, with the word that stands for it in JSON. */
const REFUSED: readonly (readonly [
  status: number,
  code: string,
  ask: (headers: Record<string, string>) => Promise<Response>,
])[] = [
  [400, "invalid_input", (headers) => post("/events", { headers, body: "{" })],
  [401, "auth_failed", (headers) => post("/events", { headers, body: EVENT, signing: FORGED })],
  [
    403,
    "forbidden",
    (headers) => call(disabled, "POST", resource("/events"), { headers, body: EVENT }),
  ],
  [404, "not_found", (headers) => call(server, "GET", "/apps/999/channels", { headers })],
  [405, "method_not_allowed", (headers) => call(server, "GET", resource("/events"), { headers })],
  [
    413,
    "payload_too_large",
    (headers) => post("/events", { headers, body: EVENT.replace("{}", "x".repeat(10_241)) }),
  ],
];

function post(path: string, given: Parameters<typeof call>[3]): Promise<Response> {
  return call(server, "POST", resource(path), given);
}

describe.each(REFUSED)("a request that is refused with %d", (status, code, ask) => {
  test("is told why in text that ends with a line break", async () => {
    const response = await ask({});
    expect(response.status).toBe(status);
    expect(response.headers.get("Content-Type")).toStartWith("text/plain");
    expect(await response.text()).toMatch(/^[^{\n][^\n]*\n$/);
  });

  test("is told why in JSON where it accepts that", async () => {
    const text = await (await ask({})).text();
    const response = await ask({ Accept: "application/json" });
    expect(response.status).toBe(status);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.json()).toEqual({
      // The text repeats the signature, which differs in each request.
      error: status === 401 ? expect.stringMatching(/^Invalid signature: /) : text.trimEnd(),
      code,
      status,
    });
  });

  test("has a name of its own in both", async () => {
    const responses = [await ask({}), await ask({ Accept: "application/json" })];
    const ids = responses.map((response) => response.headers.get("X-Request-Id"));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(ids).size).toBe(2);
  });
});

test.each([
  ["a path that is not known", "/no/such/path", 404],
  ["a resource that is not known", resource("/weather"), 404],
  ["no signature", resource("/channels"), 401],
  ["an app that is not known", "/apps/999/channels", 404],
])("%s has a request id as well", async (_, path, status) => {
  const response = await fetch(httpUrl(server, path));
  expect(response.status).toBe(status);
  expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{16}$/);
});

test("an answer that is no refusal has no request id", async () => {
  const response = await post("/events", { body: EVENT });
  expect(response.status).toBe(200);
  expect(response.headers.get("X-Request-Id")).toBeNull();
});

describe("above its limit of a second an app is refused with 429", () => {
  test.each([
    ["publishing", "max_backend_events_per_second", "POST", "/events", EVENT],
    ["asking", "max_read_requests_per_second", "GET", "/channels", ""],
  ])("when %s, and told when to come back", async (_, option, method, path, body) => {
    const limited = await startServer(scope, { app: { [option]: 1 } });
    const ask = (): Promise<Response> => call(limited, method, resource(path), { body });
    const responses = [];
    // The allowance refills while requests arrive, so how many are refused depends on time.
    for (let asked = 0; asked < 10; asked++) responses.push(await ask());
    expect(responses[0]?.status).toBe(200);
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]?.headers.get("Retry-After")).toBe("1");
    expect(refused[0]?.headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{16}$/);
  });
});

test("a signature counts once where replays are refused, and only there", async () => {
  const replaying = await startServer(scope, { app: { replay_protection: true } });
  const signing = { timestamp: Math.floor(Date.now() / 1000) };
  const twice = async (to: Server): Promise<readonly number[]> => {
    const given = { body: EVENT, signing };
    const first = await call(to, "POST", resource("/events"), given);
    const second = await call(to, "POST", resource("/events"), given);
    return [first.status, second.status];
  };
  expect(await twice(server)).toEqual([200, 200]);
  expect(await twice(replaying)).toEqual([200, 401]);
  const other = await call(replaying, "POST", resource("/events"), {
    body: EVENT.replace("{}", "2"),
    signing,
  });
  expect(other.status).toBe(200);
});

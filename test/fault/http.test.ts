import { beforeAll, describe, expect, test } from "bun:test";
import { type HttpAnswer, HttpConnection, request } from "../harness/http-connection.ts";
import { subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest } from "../harness/signing.ts";
import { APP, httpUrl } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
const forFile = fileScope();
let victim: Server;

beforeAll(async () => {
  victim = await startServer(forFile, { config: { http_api: { request_limit_in_mb: 1 } } });
  const bystander = await startBystander(forFile, victim);
  forFile.add(async () => {
    await bystander.missedNothing();
    await expectWell(victim);
  });
});

const EVENTS = `/apps/${APP.id}/events`;
const CHANNELS = `/apps/${APP.id}/channels`;
const BODY = '{"name":"e","channel":"a","data":"{}"}';
const LIMIT_BYTES = 1_048_576;

function post(headers: string, body: string, signed = BODY): string {
  return request(`POST ${signRequest("POST", EVENTS, signed)}`, headers, body);
}

const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

function upgrade(headers: string, version = 13): string {
  return request(
    `GET /app/${APP.key}?protocol=7`,
    `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: ${version}\r\n${headers}`,
  );
}

async function ask(bytes: string | Uint8Array): Promise<HttpAnswer | null> {
  const connection = new HttpConnection();
  await connection.connect(scope, victim);
  return connection.ask(bytes);
}

/** An answer must not reveal the program: no error page, no stack trace, no file path. */
function expectPlain(answer: HttpAnswer | null): void {
  const text = `${answer?.head}\n${answer?.body}`;
  expect(text).not.toMatch(/<html|<!doctype|text\/html/i);
  expect(text).not.toMatch(/\bat .+:\d+:\d+|\/\$bunfs\/|\/src\/|node_modules|\.ts\b/);
  expect(text).not.toMatch(/[A-Z]\w+Error\b/);
}

describe("a body", () => {
  test("is not waited for when who sends it has no key", async () => {
    const head = request(`POST ${EVENTS}?auth_key=zzz`, "Content-Length: 1000000\r\n");
    expect(await ask(head)).toMatchObject({ status: 401, body: "Unknown auth_key\n" });
    const forged = signRequest("POST", EVENTS, BODY).replace(/.$/, "g");
    expect((await ask(request(`POST ${forged}`, "Content-Length: 1000000\r\n")))?.status).toBe(401);
  });

  test.each<[string, string, number | null]>([
    ["that is empty", post("Content-Length: 0\r\n", "", ""), 400],
    ["that is not there", post("", "", ""), 400],
    ["that is empty and not signed", request(`POST ${EVENTS}`, "Content-Length: 0\r\n"), 401],
    [
      "in chunks",
      post(
        "Transfer-Encoding: chunked\r\n",
        `5\r\n${BODY.slice(0, 5)}\r\n${(BODY.length - 5).toString(16)}\r\n${BODY.slice(5)}\r\n0\r\n\r\n`,
      ),
      200,
    ],
    ["in a chunk of no size", post("Transfer-Encoding: chunked\r\n", `zz\r\n${BODY}\r\n`), 400],
    ["in a negative chunk", post("Transfer-Encoding: chunked\r\n", `-5\r\n${BODY}\r\n`), 400],
    [
      "in a chunk of 2^64 - 1 bytes",
      post("Transfer-Encoding: chunked\r\n", `ffffffffffffffff\r\n${BODY}\r\n`),
      400,
    ],
    [
      "with both kinds of length",
      post(`Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n`, "0\r\n\r\n"),
      400,
    ],
    [
      "with both kinds of length, the other way round",
      post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
      400,
    ],
    [
      "with two lengths",
      post(`Content-Length: ${BODY.length}\r\nContent-Length: 3\r\n`, BODY),
      400,
    ],
    ["with a negative length", post("Content-Length: -1\r\n", BODY), 400],
    ["with a length above all numbers", post("Content-Length: 99999999999999999999\r\n", ""), 400],
    ["with a length that is none", post("Content-Length: ten\r\n", BODY), 400],
    ["in a coding that nobody knows", post("Transfer-Encoding: identity\r\n", BODY), 400],
    ["with a length above the limit", post(`Content-Length: ${LIMIT_BYTES + 1}\r\n`, BODY), 413],
  ])("%s", async (_, bytes, status) => {
    const answer = await ask(bytes);
    expect(answer?.status ?? null).toBe(status);
    expectPlain(answer);
  });

  test("of exactly the limit is read, and of one byte more is refused with 413", async () => {
    const status = async (bytes: number): Promise<number> => {
      const body = " ".repeat(bytes);
      const target = httpUrl(victim, signRequest("POST", EVENTS, body));
      return (await fetch(target, { method: "POST", body })).status;
    };
    expect(await status(LIMIT_BYTES)).toBe(400);
    expect(await status(LIMIT_BYTES + 1)).toBe(413);
  });

  test("in chunks above the limit is refused with 413", async () => {
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    const bytes = post("Transfer-Encoding: chunked\r\n", `${chunk.repeat(40)}0\r\n\r\n`);
    expect((await ask(bytes))?.status).toBe(413);
  });

  test.each(["FIN", "RST"])("that breaks off with a %s is not published", async (end) => {
    const { client } = await subscribeRaw(scope, victim, "a");
    const connection = new HttpConnection();
    await connection.connect(scope, victim);
    connection.tcp.write(post(`Content-Length: ${BODY.length + 10}\r\n`, BODY));
    await Bun.sleep(20);
    if (end === "FIN") connection.tcp.end();
    else connection.tcp.terminate();
    await connection.tcp.ended();
    expect(connection.answers.take()).toEqual([null]);
    expect(await client.received()).toEqual([]);
  });
});

describe("a request", () => {
  test.each<[string, string, number | null]>([
    ["with headers of 15 KB", request("GET /", `X: ${"a".repeat(15_000)}\r\n`), 200],
    ["with headers of 20 KB", request("GET /", `X: ${"a".repeat(20_000)}\r\n`), 431],
    ["with 300 headers", request("GET /", "X: a\r\n".repeat(300)), 431],
    ["for a path of 3 KB", request(`GET /apps/${"a".repeat(3000)}`), 404],
    ["for a path of 8 KB", request(`GET /apps/${"a".repeat(8000)}`), 414],
    ["for a path of 20 KB", request(`GET /${"a".repeat(20_000)}`), 431],
    ["for a path above everything", request("GET /../../etc/passwd"), 404],
    ["for another host's path", request(`GET http://elsewhere${CHANNELS}`), 401],
    ["for a path with a NUL", request("GET /\0"), 505],
    ["for a path with a space", request("GET /a b"), 505],
    ["for a path with escapes that are none", request("GET /apps/%zz%/channels/%ff?%=%zz"), 404],
    ["for a query of nothing", request(`GET ${CHANNELS}?=&&&=a&%00=%00&auth_key`), 401],
    ["without a host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["of HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200],
    ["of HTTP/1.0 for a path that there is not", "GET /nothing HTTP/1.0\r\n\r\n", 404],
    ["of HTTP/1.0 for the API", `GET ${CHANNELS} HTTP/1.0\r\n\r\n`, 401],
    ["with an empty host", "GET /nothing HTTP/1.1\r\nHost: \r\n\r\n", 404],
    ["with a host that is none", "GET /nothing HTTP/1.1\r\nHost: a/b\r\n\r\n", 404],
    ["without a host for a path like a URL", "GET /a://b/usage HTTP/1.0\r\n\r\n", 404],
    ["of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["of noise", "\x00\x01\x02\x03\x7f\r\n\r\n", 400],
    ["with line feeds alone", "GET / HTTP/1.1\nHost: x\n\n", 505],
    ["with a folded header", request("GET /", "A: b\r\n c\r\n"), 400],
    ["with a NUL in a header", request("GET /", "A: b\0c\r\n"), 400],
    ["with a line break in a header", request("GET /", "A: b\rc\r\n"), 400],
    ["with a space before a colon", request("GET /", "A : b\r\n"), 400],
    ["by a method that there is not", request(`BREW ${EVENTS}`), null],
    ["by a method in small letters", request(`post ${EVENTS}`), null],
    ["by DELETE", request(`DELETE ${EVENTS}`), 405],
    ["by PUT", request(`PUT ${CHANNELS}`), 405],
    ["by CONNECT", request(`CONNECT ${EVENTS}`), 405],
    ["to an app called __proto__", request("GET /apps/__proto__/channels"), 404],
    ["to an app called constructor", request("GET /apps/constructor/channels"), 404],
    ["to the health of an app called __proto__", request("GET /up/__proto__"), 404],
    ["of a user without a key", request("POST /users/1/terminate_connections"), 401],
    ["for an upgrade with a bad key", upgrade("Sec-WebSocket-Key: short\r\n"), 400],
    ["for an upgrade without a key", upgrade(""), 400],
    ["for an upgrade of an old version", upgrade(KEY, 8), 426],
    ["for an upgrade of the API", upgrade(KEY).replace(`/app/${APP.key}`, CHANNELS), 401],
  ])("%s", async (_, bytes, status) => {
    const answer = await ask(Buffer.from(bytes, "latin1"));
    expect(answer?.status ?? null).toBe(status);
    expectPlain(answer);
  });

  test("with line breaks in what is repeated adds no header to the answer", async () => {
    const injected = "%0d%0aX-Injected:%201";
    for (const bytes of [
      request(`GET /apps/a${injected}/channels`),
      request(`GET ${CHANNELS}/a${injected}?auth_key=b${injected}`),
      request(`GET ${signRequest("GET", CHANNELS, "", { parameters: { [`x${injected}`]: "1" } })}`),
      request(`GET ${CHANNELS}`, "Origin: http://a%0d%0aX-Injected: 1\r\n"),
    ]) {
      const answer = await ask(bytes);
      expect(answer?.status).toBeGreaterThanOrEqual(400);
      expect(answer?.head).not.toMatch(/^X-Injected/im);
    }
  });

  test("with a parameter twice is judged by all of them", async () => {
    const signed = signRequest("GET", CHANNELS, "");
    for (const more of ["auth_key=other", `auth_key=${APP.key}`, "auth_timestamp=0", "body_md5=0"])
      for (const target of [`${signed}&${more}`, signed.replace("?", `?${more}&`)]) {
        const answer = await ask(request(`GET ${target}`));
        expect(answer?.status).toBe(401);
        expectPlain(answer);
      }
    expect((await ask(request(`GET ${signed}&auth_signature=${"0".repeat(64)}`)))?.status).toBe(
      200,
    );
  });

  test.each([
    ["empty", ""],
    ["too short", "ab"],
    ["no hex", "z".repeat(64)],
    ["of the right length", "0".repeat(64)],
    ["of three kilobytes", "0".repeat(3000)],
    ["of other letters", "%F0%9F%98%80".repeat(16)],
  ])("with a signature that is %s is refused with 401", async (_, signature) => {
    const target = signRequest("POST", EVENTS, BODY).replace(/[^=]*$/, signature);
    const answer = await ask(request(`POST ${target}`, `Content-Length: ${BODY.length}\r\n`, BODY));
    expect(answer?.status).toBe(401);
    expect(answer?.body).toStartWith("Invalid signature: you should have sent HmacSHA256Hex(");
    expect(answer?.body).not.toContain(APP.secret);
    expectPlain(answer);
  });

  test("that asks for JSON gets its error as JSON", async () => {
    const answer = await ask(request("GET /apps/none/channels", "Accept: application/json\r\n"));
    expect(JSON.parse(answer?.body ?? "")).toEqual({
      error: "Unknown app: no app with id 'none' on this server",
      code: "not_found",
      status: 404,
    });
  });
});

test("requests in one packet are answered one after the other, in order", async () => {
  const connection = new HttpConnection();
  await connection.connect(scope, victim);
  const length = `Content-Length: ${BODY.length}\r\n`;
  const bytes = post(length, BODY) + request("GET /") + request("GET /none") + post(length, BODY);
  connection.tcp.write(bytes.repeat(100));
  const statuses: (number | undefined)[] = [];
  while (statuses.length < 400) statuses.push((await connection.answers.next())?.status);
  expect(statuses).toEqual(Array.from({ length: 100 }, () => [200, 200, 404, 200]).flat());
});

test("a body that hides a request behind its end does not smuggle it", async () => {
  const connection = new HttpConnection();
  await connection.connect(scope, victim);
  const hidden = request(`GET ${CHANNELS}`);
  const answer = await connection.ask(
    post(`Content-Length: ${BODY.length + hidden.length}\r\n`, BODY + hidden),
  );
  // The server must read both as one body, which does not match the signature.
  expect(answer?.status).toBe(401);
  expect(answer?.body).toStartWith("Invalid body_md5");
  expect(connection.answers.take()).toEqual([]);
});

describe("a signed body with", () => {
  test.each<[string, string, number]>([
    ["an event called __proto__", '{"name":"__proto__","channel":"a","data":""}', 200],
    ["a channel called __proto__", '{"name":"e","channel":"__proto__","data":""}', 200],
    ["a channel called constructor", '{"name":"e","channel":"constructor","data":""}', 200],
    ["a member called __proto__", '{"__proto__":{"name":"e"},"channel":"a","data":""}', 400],
    ["members called constructor", '{"constructor":{"prototype":{"name":"e"}}}', 400],
    ["a NUL in an event", '{"name":"e\\u0000","channel":"a","data":"\\u0000"}', 200],
    ["a NUL in a channel", '{"name":"e","channel":"a\\u0000","data":""}', 400],
    ["a line break in a channel", '{"name":"e","channel":"a\\n","data":""}', 400],
    ["half a character", '{"name":"\\ud800","channel":"a","data":"\\udfff"}', 200],
    ["a number for a name", '{"name":1,"channel":"a","data":""}', 400],
    ["an object for a channel", '{"name":"e","channel":{},"data":""}', 400],
    ["null for data", '{"name":"e","channel":"a","data":null}', 400],
    ["a list for socket_id", '{"name":"e","channel":"a","data":"","socket_id":[]}', 400],
    ["a socket_id of noise", '{"name":"e","channel":"a","data":"","socket_id":"1.2:a"}', 400],
    ["info of noise", '{"name":"e","channel":"a","data":"","info":"__proto__"}', 400],
    ["no object", "null", 400],
    ["half an object", '{"name":"e"', 400],
    ["a mark before it", "\ufeff{}", 400],
  ])("%s", async (_, body, status) => {
    const target = signRequest("POST", EVENTS, body);
    const response = await fetch(httpUrl(victim, target), { method: "POST", body });
    expect({ status: response.status, text: await response.text() }).toEqual({
      status,
      text: expect.not.stringMatching(/<html|Maximum call stack/i),
    });
  });

  test.each(["[", '{"a":'])("%s in itself 100,000 times is refused", async (open) => {
    const deep = `${open.repeat(100_000)}1${(open === "[" ? "]" : "}").repeat(100_000)}`;
    for (const body of [
      deep,
      `{"name":"e","channel":"a","data":${deep}}`,
      `{"name":"e","channels":${deep},"data":""}`,
      `{"name":"e","channel":"a","data":"","socket_id":${deep}}`,
    ]) {
      const target = signRequest("POST", EVENTS, body);
      const response = await fetch(httpUrl(victim, target), { method: "POST", body });
      expect([400, 413]).toContain(response.status);
      expect(await response.text()).not.toMatch(/call stack/i);
    }
  });

  test("bytes that are no UTF-8", async () => {
    const body = Buffer.from('{"name":"e","channel":"a","data":"\xff\xfe"}', "latin1");
    const parameters = { body_md5: new Bun.CryptoHasher("md5").update(body).digest("hex") };
    const target = signRequest("POST", EVENTS, "", { parameters });
    const response = await fetch(httpUrl(victim, target), { method: "POST", body });
    expect(response.status).toBe(400);
  });

  test("a million batch items is refused by its length", async () => {
    const body = `{"batch":[${"0,".repeat(400_000)}0]}`;
    const target = signRequest("POST", `/apps/${APP.id}/batch_events`, body);
    const response = await fetch(httpUrl(victim, target), { method: "POST", body });
    expect([response.status, await response.text()]).toEqual([
      400,
      "Batch too large (400001 > 10)\n",
    ]);
  });
});

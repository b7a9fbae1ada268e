import { beforeAll, describe, expect, test } from "bun:test";
import { HttpConnection, request } from "../harness/http-connection.ts";
import { subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { md5, signRequest } from "../harness/signing.ts";
import { APP, httpUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile);
});

const EVENTS = `/apps/${APP.id}/events`;
const BODY = '{"name":"e","channel":"a","data":"{}"}';

async function post(target: string, body: string): Promise<readonly [number, string]> {
  const response = await fetch(httpUrl(server, target), { method: "POST", body });
  return [response.status, await response.text()];
}

async function get(target: string): Promise<readonly [number, string]> {
  const response = await fetch(httpUrl(server, target));
  return [response.status, await response.text()];
}

describe("a request", () => {
  test("that is signed is answered", async () => {
    expect(await post(signRequest("POST", EVENTS, BODY), BODY)).toEqual([200, "{}"]);
  });

  test("without a signature is refused with text and a line break", async () => {
    const response = await fetch(httpUrl(server, EVENTS), { method: "POST", body: BODY });
    expect(response.status).toBe(401);
    expect(response.headers.get("Content-Type")).toStartWith("text/plain");
    expect(await response.text()).toBe("Missing parameter: auth_key\n");
  });

  test("with another app's secret is refused and told what it should have signed", async () => {
    const target = signRequest("POST", EVENTS, BODY, { secret: "another" });
    const [status, text] = await post(target, BODY);
    expect(status).toBe(401);
    const asked = target.slice(target.indexOf("?") + 1, target.indexOf("&auth_signature"));
    const signature = target.slice(target.lastIndexOf("=") + 1);
    expect(text).toBe(
      `Invalid signature: you should have sent HmacSHA256Hex("POST\\n${EVENTS}\\n${asked}", your_secret_key), but you sent "${signature}"\n`,
    );
  });

  test("with another body than was signed is refused, and publishes nothing", async () => {
    const { client } = await subscribeRaw(scope, server, "a");
    const [status] = await post(signRequest("POST", EVENTS, BODY), BODY.replace('"e"', '"forged"'));
    expect(status).toBe(401);
    expect(await client.received()).toEqual([]);
  });

  test("with a parameter added after it was signed is refused", async () => {
    const target = `${signRequest("GET", `/apps/${APP.id}/channels`, "")}&filter_by_prefix=presence-`;
    expect((await get(target))[0]).toBe(401);
  });

  test.each([
    ["unknown key", { key: "no-such-key" }, /^Unknown auth_key\n$/],
    ["another version", { version: "2.0" }, /^Version not supported\n$/],
    [
      "old timestamp",
      { timestamp: Math.floor(Date.now() / 1000) - 3600 },
      /^Timestamp expired: Given timestamp \([\dT:Z-]+\) not within 600s of server time \([\dT:Z-]+\)\n$/,
    ],
  ])("with %s is refused", async (_, signing, text) => {
    const [status, body] = await post(signRequest("POST", EVENTS, BODY, signing), BODY);
    expect(status).toBe(401);
    expect(body).toMatch(text);
  });

  test("without a body may be signed with the digest of none, as Python does", async () => {
    const parameters = { body_md5: md5(""), filter_by_prefix: "private-" };
    const target = signRequest("GET", `/apps/${APP.id}/channels`, "", { parameters });
    expect(await get(target)).toEqual([200, '{"channels":{}}']);
  });

  test("may have its parameters in the query instead of a body", async () => {
    const { client } = await subscribeRaw(scope, server, "a");
    const parameters = { name: "from-query", channel: "a", data: "text" };
    expect(await post(signRequest("POST", EVENTS, "", { parameters }), "")).toEqual([200, "{}"]);
    expect(await client.received()).toMatchObject([{ event: "from-query", data: "text" }]);
  });

  test("for an unknown app is answered with 404", async () => {
    expect((await post(signRequest("POST", "/apps/999/events", BODY), BODY))[0]).toBe(404);
  });

  test("for an unknown path is answered with 404", async () => {
    expect((await get("/no/such/path"))[0]).toBe(404);
  });

  test("with the wrong method is answered with 405", async () => {
    expect((await get(signRequest("GET", EVENTS, "")))[0]).toBe(405);
  });

  test("that is not JSON is answered with 400", async () => {
    expect((await post(signRequest("POST", EVENTS, "{"), "{"))[0]).toBe(400);
  });

  test("that is larger than the limit is answered with 413", async () => {
    const small = await startServer(scope, { config: { http_api: { request_limit_in_mb: 1 } } });
    const body = "x".repeat(1_100_000);
    const target = httpUrl(small, signRequest("POST", EVENTS, body));
    expect((await fetch(target, { method: "POST", body })).status).toBe(413);
  });
});

test("two requests go over one TCP connection", async () => {
  const connection = new HttpConnection();
  await connection.connect(scope, server);
  for (const name of ["first", "second"]) {
    const body = JSON.stringify({ name, channel: "a", data: "{}" });
    const answer = await connection.ask(
      request(
        `POST ${signRequest("POST", EVENTS, body)}`,
        `Content-Length: ${body.length}\r\n`,
        body,
      ),
    );
    expect(answer).toMatchObject({ status: 200, body: "{}" });
    expect(answer?.head).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\ncontent-length: 2(\r\n|$)/i);
    expect(answer?.head).not.toMatch(/\r\nconnection: close/i);
  }
  expect(connection.answers.take()).toEqual([]);
});

test("the root path says that the server is there", async () => {
  expect((await get("/"))[0]).toBe(200);
});

// Request signatures: the published vectors, the order of checks, and the ways in which libraries
// differ from one another.
import { describe, expect, test } from "bun:test";
import { readQuery } from "../../../src/protocol/query.ts";
import {
  requestText,
  type SignedRequest,
  verifyBody,
  verifyRequest,
} from "../../../src/protocol/request-signature.ts";
import { md5, sign } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";

const NOW = 1_353_088_179;
const BODY = Buffer.from(
  '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}',
);
const EMPTY = new Uint8Array();

/** A request with its body, which is verified last. */
interface Asked extends SignedRequest {
  readonly body: Uint8Array;
}

function request(query: string, given: Partial<Asked> = {}): Asked {
  return {
    method: "GET",
    path: "/apps/3/channels",
    parameters: readQuery(query),
    body: EMPTY,
    ...given,
  };
}

/** A request whose query is signed as libraries do it: `raw` is what they sign, `sent` what they send. */
function signed(raw: string, given: Partial<Asked> = {}, sent = raw): Asked {
  const { method = "GET", path = "/apps/3/channels" } = given;
  const signature = sign(SECRET, `${method}\n${path}\n${raw}`);
  return request(`${sent}&auth_signature=${signature}`, given);
}

const AUTH = `auth_key=${KEY}&auth_timestamp=${NOW}&auth_version=1.0`;

function verdict(asked: Asked, nowSeconds = NOW): string | null {
  const fault =
    verifyRequest(testApp(), asked, nowSeconds) ?? verifyBody(asked.parameters, asked.body);
  return fault?.message ?? null;
}

describe("vectors", () => {
  test("POST /events of the HTTP API reference", () => {
    expect(md5(BODY)).toBe("ec365a775a4cd0599faeb73354201b6f");
    const query = `${AUTH}&body_md5=ec365a775a4cd0599faeb73354201b6f`;
    expect(sign(SECRET, requestText("POST", "/apps/3/events", readQuery(query)))).toBe(
      "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c",
    );
    const asked = request(
      `${query}&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c`,
      { method: "POST", path: "/apps/3/events", body: BODY },
    );
    expect(verdict(asked)).toBeNull();
  });

  test("GET /channels as the Python library signs it, with the digest of no body", () => {
    const query = `${AUTH}&body_md5=d41d8cd98f00b204e9800998ecf8427e&filter_by_prefix=presence-&info=user_count`;
    const signature = "f3f17c61ae491cc9085db68b22076e9b772e3bcb301659d655153ee3f9782aba";
    expect(verdict(request(`${query}&auth_signature=${signature}`))).toBeNull();
  });
});

describe("verifyRequest()", () => {
  test("covers parameters it does not know, in any order", () => {
    const sorted = `${AUTH}&zebra=1`;
    expect(verdict(signed(sorted, {}, `zebra=1&${AUTH}`))).toBeNull();
    const added = signed(AUTH);
    expect(verdict({ ...added, parameters: [...added.parameters, ["zebra", "1"]] })).toStartWith(
      "Invalid signature: you should have sent HmacSHA256Hex(",
    );
  });

  test("signs decoded values, escaped on the wire or not", () => {
    const raw = `${AUTH}&info=user_count,subscription_count`;
    expect(verdict(signed(raw))).toBeNull();
    expect(verdict(signed(raw, {}, raw.replace(",", "%2C")))).toBeNull();
    expect(verdict(signed(`${AUTH}&q=a b`, {}, `${AUTH}&q=a+b`))).toBeNull();
  });

  test("takes arrays as elements and, as PHP signs them, joined", () => {
    const sent = `${AUTH}&channels[]=a&channels[]=b`;
    expect(verdict(signed(sent))).toBeNull();
    expect(verdict(signed(`${AUTH}&channels=a,b`, {}, sent))).toBeNull();
  });

  test("lower-cases the names and takes a signature in capitals", () => {
    const asked = signed(`${AUTH}&info=x`, {}, `${AUTH}&INFO=x`);
    const capitals = asked.parameters.map(([name, value]) =>
      name === "auth_signature" ? ([name, value.toUpperCase()] as const) : ([name, value] as const),
    );
    expect(verdict({ ...asked, parameters: capitals })).toBeNull();
  });

  test("tries the raw path first and the decoded one then", () => {
    const raw = "/apps/3/channels/a%40b";
    expect(verdict(signed(AUTH, { path: raw }))).toBeNull();
    expect(verdict({ ...signed(AUTH, { path: "/apps/3/channels/a@b" }), path: raw })).toBeNull();
  });

  test("rejects a clock that is 600 seconds off, either way", () => {
    expect(verdict(signed(AUTH), NOW + 599)).toBeNull();
    expect(verdict(signed(AUTH), NOW - 599)).toBeNull();
    const late =
      "Timestamp expired: Given timestamp (2012-11-16T17:49:39Z) not within 600s of server time (2012-11-16T17:59:39Z)";
    expect(verdict(signed(AUTH), NOW + 600)).toBe(late);
    expect(verdict(signed(AUTH), NOW - 600)).toContain("Timestamp expired: ");
  });

  test.each([
    ["", "Missing parameter: auth_key"],
    ["auth_key=other", "Unknown auth_key"],
    [`auth_key=${KEY}`, "Version required"],
    [`auth_key=${KEY}&auth_version=2`, "Version not supported"],
    [`auth_key=${KEY}&auth_version=1.0`, "Timestamp required"],
    [`auth_key=${KEY}&auth_version=1.0&auth_timestamp=x`, "Timestamp required"],
  ])("answers %s with the live text, in the live order", (query, message) => {
    expect(verdict(request(query))).toBe(message);
  });

  test("quotes what should have been signed, with its line breaks escaped", () => {
    expect(verdict(request(`${AUTH}&auth_signature=bad`))).toBe(
      `Invalid signature: you should have sent HmacSHA256Hex("GET\\n/apps/3/channels\\n${AUTH}", your_secret_key), but you sent "bad"`,
    );
  });

  test("asks for the body's digest and compares it with the bytes", () => {
    const post = { method: "POST", path: "/apps/3/events", body: BODY };
    expect(verdict(signed(AUTH, post))).toBe("Missing parameter: body_md5");
    const other = signed(`${AUTH}&body_md5=${md5(Buffer.from("other"))}`, post);
    expect(verdict(other)).toBe("Invalid body_md5: it must be the MD5 of the request body");
  });
});

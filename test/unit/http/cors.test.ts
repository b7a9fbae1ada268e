import { describe, expect, test } from "bun:test";
import { Cors } from "../../../src/http/cors.ts";

function cors(origins: readonly string[], credentials = false): Cors {
  return new Cors({ origins, methods: ["GET", "POST"], headers: ["Content-Type"], credentials });
}

function from(origin: string): Request {
  return new Request("http://127.0.0.1/apps/1/events", { headers: { Origin: origin } });
}

describe("Cors", () => {
  test("allows every origin without credentials, whatever the options say about them", () => {
    expect(cors(["*"], true).headers(from("https://a.example"))).toEqual({
      "Content-Type": "application/json",
      "Access-Control-Allow-Origin": "*",
    });
  });

  test("names the allowed origin", () => {
    const headers = cors(["*.example"], true).headers(from("https://a.example"));
    expect(headers).toEqual({
      "Content-Type": "application/json",
      "Access-Control-Allow-Origin": "https://a.example",
      "Access-Control-Allow-Credentials": "true",
      Vary: "Origin",
    });
  });

  test.each([
    [["https://a.example"], "https://b.example"],
    [[], "https://a.example"],
  ])("%j does not allow %s", (origins, origin) => {
    expect(cors(origins).headers(from(origin))).toEqual({
      "Content-Type": "application/json",
      Vary: "Origin",
    });
  });

  test("answers a preflight request", async () => {
    const answer = cors(["*"]).preflight(from("https://a.example"));
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST");
    expect(answer.headers.get("access-control-allow-headers")).toBe("Content-Type");
  });
});

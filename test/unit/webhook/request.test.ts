import { describe, expect, test } from "bun:test";
import { RESERVED_WEBHOOK_HEADERS } from "../../../src/protocol/app.ts";
import type { Delivery } from "../../../src/webhook/delivery.ts";
import { deliveryRequest } from "../../../src/webhook/request.ts";

/** The headers of a request to an endpoint with these headers of its own. */
function headersWith(own: Delivery["headers"]): Readonly<Record<string, string>> {
  const payload: Delivery = {
    appId: "3",
    routeId: "route",
    url: "https://hooks.example/hook",
    headers: own,
    key: "key",
    signature: "signature",
    body: "{}",
    kinds: ["cache_miss"],
  };
  const job = { id: "d-1", lane: "lane", madeMs: 0, payload };
  return deliveryRequest(job, "Fanwire-Webhooks/9").headers.toJSON();
}

describe("deliveryRequest()", () => {
  test("lets an endpoint's own headers replace only the user agent", () => {
    const standard = headersWith([]);
    const own = Object.keys(standard).map((name) => [name, "own"] as const);
    expect(own).toHaveLength(6);
    expect(headersWith(own)).toEqual({ ...standard, "user-agent": "own" });
  });

  test.each([...RESERVED_WEBHOOK_HEADERS])("omits an endpoint's own %s", (name) => {
    const own = [name, name.toUpperCase()].map((spelling) => [spelling, "own"] as const);
    expect(headersWith(own)).toEqual(headersWith([]));
  });

  test("sends every other header", () => {
    expect(headersWith([["X-Team", "one"]])).toEqual({ ...headersWith([]), "x-team": "one" });
  });
});

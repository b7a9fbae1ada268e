// What browsers add: the origin of the page, and preflight requests before requests to another origin.
import { beforeAll, describe, expect, test } from "bun:test";
import { call } from "../harness/api.ts";
import { RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { httpUrl, resource } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
const PAGE = "https://shop.example.com";
const FOREIGN = "https://evil.example.net";
const CHANNELS = resource("/channels");

describe("a page may connect", () => {
  let server: Server;

  beforeAll(async () => {
    server = await startServer(forFile, {
      app: { allowed_origins: [PAGE, "http://localhost:3000", "*.example.org", "plain.example"] },
    });
  });

  /** The code that a client with this origin is closed with, or null when it has connected. */
  async function codeFor(headers: Record<string, string>): Promise<number | null> {
    const guest = new RawClient(scope, server, { headers });
    const socketId = guest.established().then(() => null);
    const closed = guest.closed().then(({ code }) => code);
    closed.catch(() => undefined);
    socketId.catch(() => undefined);
    return Promise.race([socketId, closed]);
  }

  test.each([
    PAGE,
    "HTTPS://Shop.Example.com",
    "http://localhost:3000",
    "https://example.org",
    "https://deep.down.example.org",
    "http://plain.example",
    "https://plain.example",
  ])("from %s, which is allowed", async (origin) => {
    expect(await codeFor({ Origin: origin })).toBeNull();
  });

  test.each([
    FOREIGN,
    "http://shop.example.com",
    "https://shop.example.com.evil.example.net",
    "https://evilexample.org",
    "http://localhost:3001",
    "null",
  ])("not from %s, which is not, and is closed with 4009", async (origin) => {
    expect(await codeFor({ Origin: origin })).toBe(4009);
  });

  test("that is none: what is no browser sends no origin", async () => {
    expect(await codeFor({})).toBeNull();
  });

  test("from anywhere where no origins are given", async () => {
    const open = await startServer(scope);
    const guest = new RawClient(scope, open, { headers: { Origin: FOREIGN } });
    expect(await guest.established()).toMatch(/^\d+\.\d+$/);
  });
});

describe("a page may call the API", () => {
  let open: Server;
  let closed: Server;

  beforeAll(async () => {
    [open, closed] = await Promise.all([
      startServer(forFile),
      startServer(forFile, {
        config: {
          cors: {
            origin: [PAGE],
            methods: ["GET"],
            allowed_headers: ["X-Custom"],
            credentials: true,
          },
        },
      }),
    ]);
  });

  function preflight(server: Server, origin: string): Promise<Response> {
    return fetch(httpUrl(server, resource("/events")), {
      method: "OPTIONS",
      headers: {
        Origin: origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });
  }

  interface Grant {
    readonly origin: string | null;
    readonly credentials: string | null;
    readonly vary: string | null;
  }

  /** The headers that browsers look at. */
  function granted({ headers }: Response): Grant {
    return {
      origin: headers.get("Access-Control-Allow-Origin"),
      credentials: headers.get("Access-Control-Allow-Credentials"),
      vary: headers.get("Vary"),
    };
  }

  test("by default from anywhere, and is told so when it asks before", async () => {
    const response = await preflight(open, FOREIGN);
    expect(response.status).toBe(204);
    expect(granted(response)).toEqual({ origin: "*", credentials: null, vary: null });
    expect(response.headers.get("Access-Control-Allow-Methods")).toBe("GET, POST, OPTIONS");
    expect(response.headers.get("Access-Control-Allow-Headers")).toContain("Content-Type");
    expect(Number(response.headers.get("Access-Control-Max-Age"))).toBeGreaterThan(0);
    const answer = await call(open, "GET", CHANNELS, { headers: { Origin: FOREIGN } });
    expect(granted(answer)).toEqual({ origin: "*", credentials: null, vary: null });
  });

  test("and may read why it was refused", async () => {
    const headers = { Origin: FOREIGN };
    const answer = await call(open, "GET", CHANNELS, { headers, signing: { secret: "another" } });
    expect(answer.status).toBe(401);
    expect(granted(answer).origin).toBe("*");
  });

  test("from the origins that are allowed, and caches must not mix the answers", async () => {
    const allowed = { origin: PAGE, credentials: "true", vary: "Origin" };
    const response = await preflight(closed, PAGE);
    expect(granted(response)).toEqual(allowed);
    expect(response.headers.get("Access-Control-Allow-Methods")).toBe("GET");
    expect(response.headers.get("Access-Control-Allow-Headers")).toBe("X-Custom");
    const answer = await call(closed, "GET", CHANNELS, { headers: { Origin: PAGE } });
    expect(granted(answer)).toEqual(allowed);
  });

  test("not from another, which gets no such header", async () => {
    const refused = { origin: null, credentials: null, vary: "Origin" };
    expect(granted(await preflight(closed, FOREIGN))).toEqual(refused);
    const answer = await call(closed, "GET", CHANNELS, { headers: { Origin: FOREIGN } });
    expect(granted(answer)).toEqual(refused);
  });
});

import { describe, expect, test } from "bun:test";
import {
  apiUrl,
  curlSnippet,
  laravelSnippet,
  pusherJsSnippet,
  type Target,
} from "../../../src/cli/snippets.ts";

const TARGET: Target = {
  host: "127.0.0.1",
  port: 6100,
  secure: true,
  pathPrefix: "/realtime",
  id: "1",
  key: "key",
  secret: "secret",
};

// The end-to-end tests show that the snippets work as pasted. These tests cover TLS and a path prefix.
describe("snippets for a server with TLS", () => {
  test("connect pusher-js to it", () => {
    expect(pusherJsSnippet(TARGET)).toContain(
      'wsHost: "127.0.0.1", wssPort: 6100, wsPath: "/realtime", forceTLS: true',
    );
  });

  test("connect Laravel and curl to it", () => {
    expect(laravelSnippet(TARGET)).toContain("PUSHER_SCHEME=https");
    expect(apiUrl(TARGET)).toBe("https://127.0.0.1:6100/realtime");
    expect(curlSnippet(TARGET)).toContain(`"${apiUrl(TARGET)}/apps/1/events?`);
  });
});

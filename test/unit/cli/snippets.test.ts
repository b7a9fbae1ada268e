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

// That they work as pasted is shown end to end; what TLS and a prefix change is shown here.
describe("snippets for a server that speaks TLS", () => {
  test("lead pusher-js to it", () => {
    expect(pusherJsSnippet(TARGET)).toContain(
      'wsHost: "127.0.0.1", wssPort: 6100, wsPath: "/realtime", forceTLS: true',
    );
  });

  test("lead Laravel and curl to it", () => {
    expect(laravelSnippet(TARGET)).toContain("PUSHER_SCHEME=https");
    expect(apiUrl(TARGET)).toBe("https://127.0.0.1:6100/realtime");
    expect(curlSnippet(TARGET)).toContain(`"${apiUrl(TARGET)}/apps/1/events?`);
  });
});

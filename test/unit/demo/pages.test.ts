import { describe, expect, test } from "bun:test";
import { LISTINGS } from "../../../src/demo/listings.ts";
import { demoPages } from "../../../src/demo/pages.ts";

const pages = demoPages("a-key");

async function textOf(path: string): Promise<string> {
  const response = pages(path);
  if (response === null) throw new Error(`Cannot read "${path}": it must be one of the pages`);
  return response.text();
}

/** The paths that a page or a script refers to. */
function pathsIn(text: string, folder: string): readonly string[] {
  const named = [...text.matchAll(/(?:src|href)="([^"]+)"|^import [^;]*from "\.\/([^"]+)"/gm)];
  return named.map(([, absolute, relative]) => absolute ?? `${folder}${relative}`);
}

describe("demoPages()", () => {
  test("serves the page, with and without a trailing slash", async () => {
    expect(await textOf("/demo")).toStartWith("<!doctype html>");
    expect(await textOf("/demo/")).toBe(await textOf("/demo"));
  });

  test("serves every file that the page and its scripts refer to, except the shim", async () => {
    const found = new Set<string>();
    const open = ["/demo"];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      for (const next of pathsIn(await textOf(path), "/demo/"))
        if (!found.has(next) && next !== "/client/fanwire.js") {
          found.add(next);
          open.push(next);
        }
    }
    expect([...found].toSorted()).toEqual([
      "/demo/dashboard.js",
      "/demo/icon.svg",
      "/demo/link.js",
      "/demo/numbers.js",
      "/demo/page.css",
      "/demo/pusher.min.js",
      "/demo/quotes.js",
      "/demo/savings.js",
      "/demo/sparkline.js",
      "/demo/traffic.js",
    ]);
  });

  test.each([
    ["/demo", "text/html"],
    ["/demo/page.css", "text/css"],
    ["/demo/dashboard.js", "text/javascript"],
    ["/demo/icon.svg", "image/svg+xml"],
    ["/demo/settings.json", "application/json"],
    ["/demo/pusher.min.js.LICENSE.txt", "text/plain"],
  ])("answers %s as %s", (path, type) => {
    expect(pages(path)?.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
  });

  test("allows the page to load only from its own server", () => {
    const policy = pages("/demo")?.headers.get("content-security-policy")?.split("; ");
    expect(policy?.slice(0, 5)).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
    ]);
    expect(pages("/demo")?.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("refers to no other host in any of its files", async () => {
    for (const path of ["/demo", "/demo/page.css", "/demo/dashboard.js", "/demo/link.js"])
      expect(await textOf(path)).not.toMatch(/https?:\/\//);
  });

  test("gives the scripts the key and the listings, and keeps the licence of pusher-js", async () => {
    expect(JSON.parse(await textOf("/demo/settings.json"))).toMatchObject({
      key: "a-key",
      channel: "market",
      event: "quote",
      listings: LISTINGS.map(({ symbol, name, exchange }) => ({ symbol, name, exchange })),
    });
    expect(await textOf("/demo/pusher.min.js")).toStartWith("/*! For license information");
    expect(await textOf("/demo/pusher.min.js.LICENSE.txt")).toContain("MIT");
  });

  test.each(["/", "/demonstration", "/demo/nothing", "/demo/../main.ts", "/demo/constructor"])(
    "does not serve %s",
    (path) => expect(pages(path)).toBeNull(),
  );
});

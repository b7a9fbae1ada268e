// The dashboard of `fanwire demo` in a browser: the executable, Chromium, and a page in it that
// keeps what went wrong and where it went.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { until } from "../harness/deadline.ts";
import { makeDirectory, type Program } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";
import { launch } from "../harness/server.ts";

/** The size of the pictures in the documentation. */
export const DESK = { width: 1280, height: 800 } as const;

/** A page that is open. */
export interface Dashboard {
  readonly page: Page;
  /** What the browser complained of. */
  readonly complaints: readonly string[];
  /** Every address that was asked for, WebSockets too. */
  readonly addresses: readonly URL[];
}

/** A demo that runs. */
export interface Demo {
  readonly program: Program;
  /** Where its page is. */
  readonly url: URL;
}

/** Starts the executable's demo, by default on a free port. */
export async function startDemo(scope: Scope, port = "0"): Promise<Demo> {
  const directory = makeDirectory(scope);
  const program = launch(scope, ["demo", "--port", port], { directory });
  const [url] = await program.says(/http:\/\/127\.0\.0\.1:\d+\/demo/);
  return { program, url: new URL(url) };
}

/** Opens the page in a profile of its own, and waits until every share has a quote. */
export async function openDashboard(
  scope: Scope,
  browser: Browser,
  url: URL,
  options: BrowserContextOptions = {},
): Promise<Dashboard> {
  const context = await browser.newContext({ viewport: DESK, ...options });
  scope.add(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const addresses: URL[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => addresses.push(new URL(request.url())));
  page.on("websocket", (socket) => addresses.push(new URL(socket.url())));
  await page.goto(url.href);
  await until(async () => {
    const prices = await textsOf(page, ".last");
    return prices.length > 0 && !prices.includes("");
  }, "a quote of every share on the page");
  return { page, complaints, addresses };
}

/** The texts of the page's elements, hidden ones too. */
export function textsOf(page: Page, selector: string): Promise<readonly string[]> {
  return page.locator(selector).allTextContents();
}

/** The headline figure. NaN while there is none. */
export async function savedPercent(page: Page): Promise<number> {
  return Number(await page.locator("#saved").textContent());
}

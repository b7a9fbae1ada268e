import { beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type Application, startApplication } from "../harness/application.ts";
import { startChromium } from "../harness/chromium.ts";
import { until } from "../harness/deadline.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let browser: Browser;

beforeAll(async () => {
  browser = await startChromium(forFile);
});

/** What a page is told. */
interface Visit {
  readonly channel: string;
  readonly user?: string;
  /** The path of the pusher-js that the page loads. */
  readonly library?: string;
}

/** Opens the application's page in a browser profile of its own and waits until it is subscribed. */
async function open(application: Application, server: Server, visit: Visit): Promise<Page> {
  const context = await browser.newContext();
  scope.add(() => context.close());
  const page = await context.newPage();
  const given = new URLSearchParams({ port: String(server.port), key: server.key, ...visit });
  await page.goto(`${application.origin}/?${given.toString()}`);
  await page.locator("#state", { hasText: /^subscribed$/ }).waitFor();
  return page;
}

describe("a page in Chromium", () => {
  test("connects, subscribes and shows an event of the server library", async () => {
    const server = await startServer(scope);
    const library = serverLibrary(server);
    const page = await open(startApplication(scope, library), server, { channel: "news" });
    await library.trigger("news", "headline", { text: "ünïcode ✓" });
    await page.locator("#events li").waitFor();
    expect(await page.locator("#events li").allTextContents()).toEqual([
      'headline {"text":"ünïcode ✓"}',
    ]);
  });

  test("sees on a presence channel who comes and who closes the window", async () => {
    const server = await startServer(scope);
    const application = startApplication(scope, serverLibrary(server));
    const channel = "presence-room";
    const ada = await open(application, server, { channel, user: "ada" });
    await ada.getByText("here: ada", { exact: true }).waitFor();
    const bob = await open(application, server, { channel, user: "bob" });
    await bob.getByText("here: ada and bob", { exact: true }).waitFor();
    await ada.getByText("here: ada and bob", { exact: true }).waitFor();
    await bob.close();
    await ada.getByText("here: ada", { exact: true }).waitFor();
  });

  test("decrypts an event of an encrypted channel, which the server cannot read", async () => {
    const server = await startServer(scope);
    const library = serverLibrary(server, Buffer.alloc(32, "k").toString("base64"));
    const page = await open(startApplication(scope, library), server, {
      channel: "private-encrypted-letters",
      user: "ada",
      library: "/pusher-with-encryption.js",
    });
    await library.trigger("private-encrypted-letters", "letter", { text: "for your eyes only" });
    await page.locator("#events li").waitFor();
    expect(await page.locator("#events li").allTextContents()).toEqual([
      'letter {"text":"for your eyes only"}',
    ]);
  });

  test("comes back when the server crashed and was started again", async () => {
    const server = await startServer(scope);
    const library = serverLibrary(server);
    const page = await open(startApplication(scope, library), server, { channel: "news" });
    await server.program.kill();
    await startServer(scope, { port: server.port });
    const isBack = async (): Promise<boolean> =>
      (await (await library.get({ path: "/channels/news" })).json()).occupied;
    await until(isBack, "the page to subscribe again");
    await library.trigger("news", "headline", 1);
    await page.getByText("headline 1", { exact: true }).waitFor();
  });
});

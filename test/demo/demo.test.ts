import { beforeAll, describe, expect, test } from "bun:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startChromium } from "../harness/chromium.ts";
import { until } from "../harness/deadline.ts";
import { makeDirectory, run } from "../harness/program.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import {
  type Dashboard,
  DESK,
  openDashboard,
  savedPercent,
  startDemo,
  textsOf,
} from "./dashboard.ts";

const scope = testScope();
const forFile = fileScope();
let browser: Browser;
let url: URL;

beforeAll(async () => {
  browser = await startChromium(forFile);
  ({ url } = await startDemo(forFile));
});

function open(options?: BrowserContextOptions): Promise<Dashboard> {
  return openDashboard(scope, browser, url, options);
}

/** The exchanges of the rows that can be seen. */
function shownExchanges(page: Page): Promise<readonly string[]> {
  return page
    .locator("#quotes tr:visible")
    .evaluateAll((rows) => rows.map((row) => row.dataset["exchange"] ?? ""));
}

describe("fanwire demo", () => {
  test.each([
    [["--speed", "9"], 'Cannot read option "--speed"'],
    [["now"], 'Cannot use "now"'],
    [["--port", "many"], "--port"],
  ])("%j exits with 2 and a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await run(scope, ["demo", ...args], {
      directory: makeDirectory(scope),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
  });

  test("exits with 1 and a sentence when its port is taken", async () => {
    const { code, stderr } = await run(scope, ["demo", "--port", url.port], {
      directory: makeDirectory(scope),
    });
    expect(code).toBe(1);
    expect(stderr).toStartWith(`Cannot listen on 127.0.0.1:${url.port}: `);
  });
});

describe("the dashboard", () => {
  test("loads without a complaint, and from its own server alone", async () => {
    const { page, complaints, addresses } = await open();
    await until(async () => (await savedPercent(page)) > 0, "the first figure");
    expect(new Set(addresses.map(({ host }) => host))).toEqual(new Set([url.host]));
    expect(addresses.map(({ protocol }) => protocol)).toContain("ws:");
    expect(await page.locator("#state").textContent()).toBe("Live");
    expect(complaints).toEqual([]);
  });

  test("shows quotes as they change, and draws them", async () => {
    const { page } = await open();
    const before = await textsOf(page, ".last");
    expect(before).toHaveLength(20);
    await until(async () => {
      const now = await textsOf(page, ".last");
      return now.filter((text, index) => text !== before[index]).length >= 10;
    }, "half of the prices to change");
    const drawn = await until(async () => {
      const found: readonly string[] = await page
        .locator(".spark-line")
        .evaluateAll((all) => all.map((line) => line.getAttribute("points") ?? ""));
      return found.length === 20 && found.every((line) => line.includes(" ")) ? found : null;
    }, "a line of every symbol");
    const lines = drawn ?? [];
    const heights = lines.map((line) => new Set(line.match(/,\S+/g)).size);
    expect(Math.max(...heights)).toBeGreaterThan(2);
  });

  test("saves more than half of the bytes, and draws what came", async () => {
    const { page } = await open();
    await until(async () => (await savedPercent(page)) > 50, "more than 50 % saved");
    await until(async () => (await savedPercent(page)) > 80, "more than 80 % saved");
    const edge = await page.locator(".traffic-received-edge").getAttribute("d");
    expect(edge?.split("L").length).toBeGreaterThan(2);
    expect(Number(await page.locator("#messages-rate").textContent())).toBeWithin(35, 66);
  });

  test("saves nothing with delta switched off, and begins again when it is on", async () => {
    const { page, complaints } = await open();
    await until(async () => (await savedPercent(page)) > 50, "more than 50 % saved");
    await page.getByRole("switch", { name: "Delta compression" }).uncheck();
    expect(await savedPercent(page)).toBe(0);
    await until(
      async () => (await page.locator("#bytes-message").textContent())?.endsWith("KB"),
      "whole messages",
    );
    const [received, whole] = await textsOf(page, "#bytes-received, #bytes-whole");
    expect(received).toBe(whole ?? "");
    await page.getByRole("switch", { name: "Delta compression" }).check();
    await until(async () => (await savedPercent(page)) > 50, "more than 50 % saved again");
    expect(complaints).toEqual([]);
  });

  test("shows one exchange when it is chosen, and all again", async () => {
    const { page, complaints } = await open();
    await page.getByText("XETRA", { exact: true }).first().click();
    expect(await shownExchanges(page)).toEqual(Array.from({ length: 5 }, () => "XETRA"));
    const rate = async (): Promise<number> =>
      Number(await page.locator("#messages-rate").textContent());
    await until(async () => (await rate()) < 40, "fewer messages");
    const before = await textsOf(page, "#quotes .last");
    // Six of 34 quotes are of this exchange: 9 of 50 a second.
    await until(async () => (await rate()) < 20, "a fifth of the messages");
    // A quote of another exchange would show its row.
    expect(await shownExchanges(page)).toEqual(Array.from({ length: 5 }, () => "XETRA"));
    const after = await textsOf(page, "#quotes .last");
    expect(after.slice(0, 15)).toEqual(before.slice(0, 15));
    expect(after.slice(15)).not.toEqual(before.slice(15));
    await page.getByText("All", { exact: true }).click();
    expect(await shownExchanges(page)).toHaveLength(20);
    await until(async () => (await rate()) > 35, "all messages");
    expect(complaints).toEqual([]);
  });

  test("ends with the exchange that was chosen last, however fast", async () => {
    const { page } = await open();
    const radios = page.getByRole("radio");
    await radios.first().focus();
    for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("radio", { checked: true }).inputValue()).toBe("XETRA");
    const before = await textsOf(page, "#quotes .last");
    await until(async () => {
      const now = await textsOf(page, "#quotes .last");
      return now.slice(15).some((text, index) => text !== before[15 + index]);
    }, "a quote of the chosen exchange");
    expect(await shownExchanges(page)).toEqual(Array.from({ length: 5 }, () => "XETRA"));
  });

  test("comes back when the demo ended and was started again", async () => {
    const first = await startDemo(scope);
    const { page } = await openDashboard(scope, browser, first.url);
    first.program.terminate();
    expect((await first.program.outcome()).code).toBe(0);
    await until(async () => (await page.locator("#state").textContent()) !== "Live", "the end");
    await startDemo(scope, first.url.port);
    const isBack = async (): Promise<boolean> => (await savedPercent(page)) > 50;
    await page.locator("#state", { hasText: "Live" }).waitFor();
    await until(isBack, "figures of the new connection");
    // pusher-js waits 15 seconds after a refused connection.
  }, 60_000);

  test("is light or dark, as the reader's system is", async () => {
    const pictures: Buffer[] = [];
    const grounds: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open({ colorScheme });
      pictures.push(await page.screenshot());
      grounds.push(
        await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
      );
    }
    expect(grounds).toEqual(["rgb(251, 251, 250)", "rgb(12, 14, 18)"]);
    for (const picture of pictures) {
      expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([
        DESK.width,
        DESK.height,
      ]);
      expect(picture.length).toBeGreaterThan(30_000);
    }
  });

  test("moves nothing for readers who want no motion", async () => {
    const { page } = await open({ reducedMotion: "reduce" });
    const before = await textsOf(page, ".last");
    let most = 0;
    await until(async () => {
      most = Math.max(most, await page.evaluate<number>("document.getAnimations().length"));
      return (await textsOf(page, ".last")).filter((text, at) => text !== before[at]).length > 5;
    }, "prices to change");
    expect(most).toBe(0);
  });

  test.each([320, 375, 820, 1280, 1920])("fits a screen %d pixels wide", async (width) => {
    const { page } = await open({ viewport: { width, height: 900 } });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(width);
  });
});

// Chromium, for tests of what pages see.
import { type Browser, chromium } from "playwright-core";
import type { Scope } from "./scope.ts";

/** Starts Chromium. @throws when there is none. */
export async function startChromium(scope: Scope): Promise<Browser> {
  const executablePath = Bun.which("chromium") ?? Bun.which("google-chrome");
  if (executablePath === null)
    throw new Error("Cannot test a browser: neither chromium nor google-chrome is on the PATH");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  scope.add(() => browser.close());
  return browser;
}

// What the server says once it is up: one screen, everything that is needed to go on.
import { curlSnippet, laravelSnippet, pusherJsSnippet, type Target } from "./snippets.ts";
import { paint, type Terminal } from "./terminal.ts";

/** What the banner tells. */
export interface BannerFacts {
  readonly version: string;
  readonly startMs: number;
  readonly host: string;
  readonly port: number;
  readonly pathPrefix: string;
  readonly apps: number;
  readonly capacity: number;
  /** The app that was made for this run, or null when apps are configured. */
  readonly development: Target | null;
}

/** The banner's text. Secrets stand in it in development mode only. */
export function banner(terminal: Terminal, facts: BannerFacts): string {
  const address = `${facts.host}:${facts.port}${facts.pathPrefix}`;
  const lines = [
    "",
    `  ${paint(terminal, "bold", "Fanwire")} ${facts.version} ${paint(terminal, "dim", `ready in ${Math.round(facts.startMs)} ms`)}`,
    "",
    `  WebSocket    ${paint(terminal, "cyan", `ws://${address}/app/${facts.development?.key ?? "KEY"}`)}`,
    `  HTTP API     ${paint(terminal, "cyan", `http://${address}/apps/${facts.development?.id ?? "ID"}`)}`,
    `  Apps         ${facts.development === null ? facts.apps : "1, made for this run"}`,
    `  Connections  up to ${facts.capacity.toLocaleString("en")}`,
    "",
  ];
  if (facts.development !== null) lines.push(...developmentLines(terminal, facts.development));
  return `${lines.join("\n")}\n`;
}

function developmentLines(terminal: Terminal, target: Target): readonly string[] {
  const section = (title: string, text: string): readonly string[] => [
    `  ${paint(terminal, "bold", title)}`,
    "",
    text,
    "",
  ];
  return [
    `  ${paint(terminal, "yellow", "Development mode")}: no app is configured, so these credentials are new with every start.`,
    `  To keep them: fanwire --app ${target.id}:${target.key}:${target.secret}`,
    "",
    ...section("pusher-js", pusherJsSnippet(target)),
    ...section("Laravel, in .env", laravelSnippet(target)),
    ...section("curl", curlSnippet(target)),
    ...section(
      "Two terminals",
      `fanwire tail my-channel\nfanwire publish my-channel my-event '{"text":"hello"}'`,
    ),
  ];
}

// The reference: the committed page matches the tables, and its examples are valid.

import { describe, expect, test } from "bun:test";
import { CHANNEL_DELTA_OPTIONS } from "../../../src/config/channel-delta-options.ts";
import { documentConfig } from "../../../src/config/docs.ts";
import { APP_OPTIONS } from "../../../src/config/app-options.ts";
import { OPTIONS } from "../../../src/config/options.ts";
import { nameOf, optionsOf } from "../../../src/config/table.ts";
import { WEBHOOK_OPTIONS } from "../../../src/config/webhook-options.ts";
import { configOf } from "./reading.ts";

const PAGE = new URL("../../../docs/configuration.md", import.meta.url);

describe("documentConfig()", () => {
  test("is docs/configuration.md: run `fanwire config docs > docs/configuration.md` after a change", async () => {
    expect(await Bun.file(PAGE).text()).toBe(documentConfig());
  });

  test("names every option with its variables and other keys", () => {
    const page = documentConfig();
    const tables = [
      optionsOf(OPTIONS),
      optionsOf(APP_OPTIONS),
      optionsOf(WEBHOOK_OPTIONS),
      optionsOf(CHANNEL_DELTA_OPTIONS),
    ];
    for (const option of tables.flat()) {
      expect(page).toContain(`### \`${option.path}\`\n\n${option.doc}\n`);
      for (const spelling of [...option.env, ...(option.aliases ?? [])])
        expect(page).toContain(`\`${nameOf(spelling)}\``);
    }
  });

  test("shows a valid file", () => {
    const [, example = ""] = /```toml\n([^]*?)```/.exec(documentConfig()) ?? [];
    const config = configOf(example, { path: "fanwire.toml" });
    expect(config.apps.map(({ clientEvents }) => clientEvents)).toEqual([true]);
  });

  test("shows valid delta settings of channels", () => {
    const [, example = ""] =
      /```toml\n(\[apps\.channel_delta_compression\]\n[^]*?)```/.exec(documentConfig()) ?? [];
    const app = '[[apps]]\nid = "1"\nkey = "key-1"\nsecret = "secret-1"\n';
    const config = configOf(app + example, { path: "fanwire.toml" });
    expect(
      config.apps.map(({ channelDelta }) => channelDelta.map(({ pattern }) => pattern)),
    ).toEqual([["ticker*", "chat*", "*"]]);
  });
});

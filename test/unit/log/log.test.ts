// The log: what is written, what is not, and that no text of a client can change its format.
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LogFields } from "../../../src/log/line.ts";
import { createLog, type Log, type LogOptions } from "../../../src/log/log.ts";

const TIME_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const TIME = "2026-01-02T03:04:05.678Z";

/** A log that keeps its lines, and a clock that the test sets. */
function keepingLog(given: Partial<LogOptions> = {}): {
  readonly log: Log;
  readonly lines: string[];
  readonly clock: { nowMs: number };
} {
  const lines: string[] = [];
  const clock = { nowMs: TIME_MS };
  const log = createLog({
    level: "debug",
    format: "json",
    colour: false,
    write: (line) => lines.push(line),
    nowMs: () => clock.nowMs,
    ...given,
  });
  return { log, lines, clock };
}

function jsonOf(fields: LogFields): Record<string, unknown> {
  const { log, lines } = keepingLog();
  log.info("tested", fields);
  return JSON.parse(lines.join(""));
}

function textOf(fields: LogFields, colour = false): string {
  const { log, lines } = keepingLog({ format: "text", colour });
  log.info("tested", fields);
  return lines.join("");
}

test("an event is one line of JSON", () => {
  const { log, lines } = keepingLog();
  log.warn("limit hit", { app_id: "3", count: 2, first: true, address: null });
  expect(lines).toEqual([
    `{"time":"${TIME}","level":"warn","msg":"limit hit","app_id":"3","count":2,"first":true,"address":null}\n`,
  ]);
});

test("an event is one line of text", () => {
  const { log, lines } = keepingLog({ format: "text" });
  log.error("cannot listen", { host: "::1", port: 80, error: 'a "b"\nc', none: null, empty: "" });
  log.info("listening");
  expect(lines).toEqual([
    `${TIME} ERROR cannot listen host=::1 port=80 error="a \\"b\\"\\nc" none=null empty=""\n`,
    `${TIME} INFO  listening\n`,
  ]);
});

test("text has colours if they are enabled", () => {
  expect(textOf({ port: 1 }, true)).toBe(
    `\u001b[2m${TIME}\u001b[0m \u001b[36mINFO \u001b[0m tested \u001b[2mport=\u001b[0m1\n`,
  );
});

test("only text has colours", () => {
  const { log, lines } = keepingLog({ colour: true });
  log.error("tested");
  expect(lines.join("")).not.toContain("\u001b");
});

test.each([
  ["debug", ["debug", "info", "warn", "error", "once"]],
  ["info", ["info", "warn", "error", "once"]],
  ["warn", ["warn", "error", "once"]],
  ["error", ["error"]],
] as const)("from the level %s on are written: %p", (level, written) => {
  const { log, lines } = keepingLog({ level });
  log.debug("debug");
  log.info("info");
  log.warn("warn");
  log.error("error");
  log.once("key", "once");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([...written]);
});

test("a child adds its fields to every event, and an event's own come after", () => {
  const { log, lines } = keepingLog({ format: "text" });
  const child = log.child({ request_id: "r1", app_id: "3" }).child({ app_id: "4" });
  child.info("tested", { count: 1 });
  child.once("key", "told");
  log.info("tested");
  expect(lines).toEqual([
    `${TIME} INFO  tested request_id=r1 app_id=4 count=1\n`,
    `${TIME} WARN  told request_id=r1 app_id=4\n`,
    `${TIME} INFO  tested\n`,
  ]);
});

test("fields cannot replace time, level and message", () => {
  expect(jsonOf({ time: "t", level: "l", msg: "m" })).toEqual({
    time: TIME,
    level: "info",
    msg: "tested",
    time_: "t",
    level_: "l",
    msg_: "m",
  });
});

test("numbers that JSON does not have are written as text", () => {
  expect(jsonOf({ limit: Infinity, ratio: Number.NaN })).toMatchObject({
    limit: "Infinity",
    ratio: "NaN",
  });
});

test.each([
  ["a line", 'x\n{"level":"error","msg":"forged"}'],
  ["a carriage return", "x\rforged"],
  ["another field", "x level=error"],
  ["a quoted field", 'x" level="error'],
  ["colours", "\u001b[31mred\u001b[0m"],
  ["colours by C1", "\u009b31mred"],
  ["a bell and a deletion", "\u0007\u007f\b"],
  ["Unicode line separators", "x\u2028forged\u2029\u0085"],
  ["Unicode direction marks", "\u202egnp.exe\u2066\u200f\u061c"],
  ["a lone surrogate", "\ud800x"],
])("a value cannot forge %s", (_, value) => {
  const { log, lines } = keepingLog();
  log.info("tested", { value });
  const [line = ""] = lines;
  expect(line).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(line)).toEqual({ time: TIME, level: "info", msg: "tested", value });
  // Only the escapes of the log's own three colours.
  expect(textOf({ value }, true).split("\u001b")).toHaveLength(7);
  // The text contains only the one field, quoted as in JSON.
  const quoted = textOf({ value }).slice(`${TIME} INFO  tested value=`.length, -1);
  expect(quoted).toMatch(/^"([^"\\]|\\.)*"$/);
  expect(JSON.parse(quoted)).toBe(value);
});

test("a message cannot forge a line or a field", () => {
  const { log, lines } = keepingLog({ format: "text" });
  log.info("x\n\u001b[31my");
  expect(lines).toEqual([`${TIME} INFO  x\\n\\u001b[31my\n`]);
});

test("a field's name cannot forge a line or a field", () => {
  expect(textOf({ "a b\n=": 1 })).toBe(`${TIME} INFO  tested "a b\\n="=1\n`);
});

test("an event is one line, whatever its values are", () => {
  const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })),
      (fields) => {
        const { log, lines } = keepingLog();
        log.info("tested", fields);
        const text = textOf(fields);
        for (const line of [...lines, text]) {
          expect(line.endsWith("\n")).toBe(true);
          expect(line.slice(0, -1)).not.toMatch(controls);
        }
        expect(JSON.parse(lines.join(""))).toMatchObject({ level: "info", msg: "tested" });
      },
    ),
  );
});

test("values are cut to 500 characters", () => {
  const { value, msg } = jsonOf({ value: "x".repeat(501), other: "x".repeat(500) });
  expect(value).toBe(`${"x".repeat(500)}…`);
  expect(msg).toBe("tested");
  expect(jsonOf({ value: "x".repeat(500) })["value"]).toBe("x".repeat(500));
  expect(String(jsonOf({ value: "x".repeat(1_000_000) })["value"])).toHaveLength(501);
});

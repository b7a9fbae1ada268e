// The standard streams of this process: where commands write, and where the log goes. A lost line is reported in the
// format of the log.
import { isatty } from "node:tty";
import type { Config } from "../config/config.ts";
import { createLog, type Log } from "../log/log.ts";
import { ATOMIC_BYTES, Output, standardStream } from "./output.ts";

/** How a log is written. */
export type LogForm = Pick<Config, "logFormat" | "logLevel">;

/** Standard input, output and error. */
export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether escape codes for colour make sense on standard output. */
  readonly colour: boolean;
  /** Makes a log on standard error. Lost lines are reported in the form of the last one that was made. */
  readonly logIn: (form: LogForm) => Log;
  /** Makes a log on standard output. */
  readonly logOnStdout: (form: LogForm) => Log;
}

/** How long the end of a server waits for those who read its output. */
const LAST_WORDS_MS = 1000;

/** Opens them. A command without a reader ends (`endsWithoutReader`); a server goes on. */
export function openStreams(endsWithoutReader: boolean): Streams {
  /** Null until it is known. */
  let logForm: LogForm | null = null;
  const lossOfLog = (lines: number): string => lossNotice(logForm, lines);
  const stdout = new Output({
    take: standardStream(1),
    lossNotice: (lines) => (logForm?.logFormat === "json" ? lossOfLog(lines) : lossInText(lines)),
    ...(endsWithoutReader ? { gone: () => process.exit(1) } : {}),
  });
  const stderr = new Output({
    take: standardStream(2),
    lossNotice: lossOfLog,
    // The workers of a server write their log to the same pipe.
    maxChunkBytes: ATOMIC_BYTES,
  });
  return {
    stdout,
    stderr,
    colour: hasColour(1),
    logIn: (form) => {
      logForm = form;
      return logOf(form, (line) => stderr.write(line));
    },
    logOnStdout: (form) => logOf(form, (line) => stdout.write(line)),
  };
}

/** Ends the process once everything is written. A command waits for its readers as long as they take, as other programs do. Returns the exit code: 1 when output was lost. */
export async function endCommand(
  { stdout, stderr }: Streams,
  code: number,
  complain: () => void,
): Promise<never> {
  await stdout.flush(Infinity);
  if (stdout.lostLines > 0) complain();
  await stderr.flush(LAST_WORDS_MS);
  process.exit(stdout.lostLines > 0 ? 1 : code);
}

/** Waits for the readers of a server's output, but not for long. */
export async function flushServer({ stdout, stderr }: Streams): Promise<void> {
  await Promise.all([stdout.flush(LAST_WORDS_MS), stderr.flush(LAST_WORDS_MS)]);
}

/** All of standard input; null when it is longer than `maxBytes`. */
export async function readInput(maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of Bun.stdin.stream()) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function logOf({ logLevel, logFormat }: LogForm, write: (line: string) => void): Log {
  return createLog({
    level: logLevel,
    format: logFormat,
    colour: hasColour(2),
    write,
    nowMs: Date.now,
  });
}

/** What stands in place of lines that could not be written. */
function lossNotice(form: LogForm | null, lines: number): string {
  if (form === null) return lossInText(lines);
  let notice = "";
  logOf({ ...form, logLevel: "warn" }, (line) => (notice = line)).warn("log lines lost", { lines });
  return notice;
}

function lossInText(lines: number): string {
  return `(${lines} lines could not be written)\n`;
}

function hasColour(descriptor: number): boolean {
  return isatty(descriptor) && !process.env["NO_COLOR"];
}

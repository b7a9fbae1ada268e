// How a starting server reports problems and warnings: as sentences on the terminal, or as lines of the log if the log
// is in JSON.
import type { Log } from "../log/log.ts";
import { printable } from "../log/printable.ts";
import type { LogForm } from "../process/streams.ts";
import { complain, paint, type Terminal } from "./terminal.ts";

/** Reports problems and warnings. A sentence may contain text from outside. */
export interface Notices {
  /** Reports why the server does not start. */
  problem(sentence: string): void;
  warning(sentence: string): void;
}

/** Creates a log. */
export type LogIn = (form: LogForm) => Log;

/** Notices in the format of the log. */
export function noticesIn(
  form: LogForm,
  terminal: Pick<Terminal, "colour" | "writeError">,
  logIn: LogIn,
): Notices {
  if (form.logFormat === "json") {
    const log = logIn(form);
    return {
      problem: (reason) => log.error("not started", { reason }),
      warning: (reason) => log.warn("configuration", { reason }),
    };
  }
  const mark = paint(terminal, "yellow", "Warning");
  return {
    problem: (sentence) => void complain(terminal, sentence, 1),
    warning: (sentence) => terminal.writeError(`${mark}: ${printable(sentence)}\n`),
  };
}

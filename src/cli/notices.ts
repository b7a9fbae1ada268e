// How a starting server says what is wrong, before and beside its log: sentences for people, or lines of the
// log when that is written for programs.
import type { Log } from "../log/log.ts";
import { printable } from "../log/printable.ts";
import type { LogForm } from "../process/streams.ts";
import { complain, paint, type Terminal } from "./terminal.ts";

/** What can be said. A sentence may quote anybody. */
export interface Notices {
  /** Why the server does not start. */
  problem(sentence: string): void;
  warning(sentence: string): void;
}

/** Makes a log of that form. */
export type LogIn = (form: LogForm) => Log;

/** Notices in the form of the log. */
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

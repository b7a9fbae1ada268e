// Why a server has not started.
import type { Config } from "../config/config.ts";
import { reasonOf } from "../log/reason.ts";
import { ListenError } from "../transport/address.ts";

/** A reason other than an address on which it cannot listen. The message is a whole sentence. */
export class StartError extends Error {}

/** The sentence for an error of the start. */
export function startProblem(config: Config, error: unknown): string {
  if (error instanceof StartError) return error.message;
  const own = config.unixSocketEnabled ? config.unixSocketPath : `${config.host}:${config.port}`;
  const place = error instanceof ListenError ? error.place : own;
  return `Cannot listen on ${place}: ${reasonOf(error)}`;
}

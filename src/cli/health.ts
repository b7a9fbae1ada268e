// `fanwire health`: asks a server whether it is ready, for health checks of containers, whose images may have no other
// program. It finds the server on this machine by the configuration that the server itself reads. The exit code is 0 or
// 1 and nothing else, since Docker reserves 2.
import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Config } from "../config/config.ts";
import { printable } from "../log/printable.ts";
import { reasonOf } from "../log/reason.ts";
import { readArguments } from "./arguments.ts";
import { reachableHost } from "./banner.ts";
import { readSettings, START_FLAGS } from "./settings.ts";
import { readUrl, TARGET_FLAGS, type Trust, trustOf } from "./target.ts";
import { complain, type Terminal } from "./terminal.ts";

/** Where to ask. */
export interface HealthTarget {
  /** The base URL. Over a Unix socket its host has no meaning. */
  readonly url: string;
  /** The path of the Unix socket, or null. */
  readonly socketPath: string | null;
  readonly tls: Trust;
}

const { config, host, port } = START_FLAGS;
const { url, ca, insecure } = TARGET_FLAGS;
const HEALTH_FLAGS = { config, host, port, url, ca, insecure } as const;
const USAGE = "Usage: fanwire health [--config FILE] [--host HOST] [--port N] | --url URL";
/** Below the 10 seconds that an orchestrator waits for a check at most. A server that is slower is not ready. */
const ANSWER_MS = 5000;
const MAX_ANSWER_LENGTH = 200;

/** Runs the command. Returns 0 if the server is ready, 1 if it is not or cannot be asked. */
export async function runHealth(args: readonly string[], terminal: Terminal): Promise<number> {
  const read = readArguments(args, HEALTH_FLAGS);
  if (read.kind === "error") return complain(terminal, read.message, 1);
  if (read.positions.length > 0) return complain(terminal, USAGE, 1);
  const { url: given, ca: file, insecure: isInsecure, ...start } = read.flags;
  if (given !== undefined && Object.keys(start).length > 0)
    return complain(terminal, "Cannot use --url with --config, --host or --port", 1);
  const tls = trustOf({
    ...(file === undefined ? {} : { ca: file }),
    ...(isInsecure === undefined ? {} : { insecure: isInsecure }),
  });
  if (typeof tls === "string") return complain(terminal, tls, 1);
  if (given !== undefined) {
    const base = readUrl(given);
    if (typeof base === "string") return complain(terminal, base, 1);
    const root = `${base.origin}${base.pathname.replace(/\/+$/, "")}`;
    return ask({ url: root, socketPath: null, tls }, terminal);
  }
  const reading = await readSettings(start, terminal.env);
  if (reading.kind === "refused") {
    for (const problem of reading.problems) complain(terminal, problem, 1);
    return 1;
  }
  const target = configuredTarget(reading.config, file === undefined ? null : tls);
  return typeof target === "string" ? complain(terminal, target, 1) : ask(target, terminal);
}

/** The server on this machine that has this configuration, or why it cannot be found. */
export function configuredTarget(settings: Config, tls: Trust | null): HealthTarget | string {
  const { pathPrefix, sslEnabled, unixSocketEnabled, unixSocketPath } = settings;
  if (unixSocketEnabled) {
    const root = `http://localhost${pathPrefix}`;
    return { url: root, socketPath: unixSocketPath, tls: { rejectUnauthorized: true } };
  }
  if (settings.port === 0)
    return "Cannot find the server: port is 0, which lets the system choose one; give --port or --url";
  const address = reachableHost(settings.host);
  const name = address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
  return {
    url: `${sslEnabled ? "https" : "http"}://${name}:${settings.port}${pathPrefix}`,
    socketPath: null,
    // The certificate names the public host, not the address of this machine that is asked. Nothing secret is sent.
    tls: tls ?? { rejectUnauthorized: false },
  };
}

async function ask(target: HealthTarget, terminal: Terminal): Promise<number> {
  const place = target.socketPath ?? target.url;
  try {
    const { status, text } = await answerOf(target);
    if (status === 200) {
      terminal.write(`${printable(place)} is ready\n`);
      return 0;
    }
    return complain(terminal, `${place} is not ready, it answered ${status}: ${text}`, 1);
  } catch (error) {
    return complain(terminal, `Cannot reach ${place}: ${reasonOf(error)}`, 1);
  }
}

/** Not by `fetch`, which would go through the proxy that the environment may name. */
function answerOf(
  target: HealthTarget,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const request = open(target);
  const timer = setTimeout(
    () => request.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)),
    ANSWER_MS,
  );
  request.on("error", reject);
  request.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part: string) => {
      if (text.length < MAX_ANSWER_LENGTH) text += part;
    });
    response.on("error", reject);
    response.on("end", () =>
      resolve({ status: response.statusCode ?? 0, text: text.slice(0, MAX_ANSWER_LENGTH) }),
    );
  });
  request.end();
  return promise.finally(() => clearTimeout(timer));
}

function open({ url: base, socketPath, tls }: HealthTarget): ClientRequest {
  const address = `${base}/ready`;
  // One request for one connection: the server closes it, and this command can end.
  const common = { agent: false, headers: { Connection: "close" } } as const;
  if (address.startsWith("https:")) return httpsRequest(address, { ...common, ...tls });
  return httpRequest(address, socketPath === null ? common : { ...common, socketPath });
}

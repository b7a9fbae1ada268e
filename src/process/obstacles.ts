// Why a valid configuration cannot be served on this machine: missing files, a foreign address, options that this
// version does not support. Checked before the start and by `fanwire config check`.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { readFault } from "../config/load.ts";
import { brokerFileProblems } from "./broker-files.ts";
import { type SocketState, socketState } from "./unix-socket.ts";
import { workerProblem } from "./worker-count.ts";

/** What was found, in one sentence each. */
export interface Obstacles {
  /** Each of them keeps the server from starting. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The longest path of a Unix socket that Linux takes. */
const MAX_SOCKET_PATH_BYTES = 107;
const FIRST_ORDINARY_PORT = 1024;

/** Finds what can be found without listening. */
export function findObstacles(config: Config): Obstacles {
  const problems: string[] = [];
  const warnings: string[] = [];
  const workers = workerProblem(config);
  if (workers !== null) problems.push(workers);
  problems.push(...brokerFileProblems(config));
  if (config.unixSocketEnabled) {
    problems.push(...socketFolderProblems(config.unixSocketPath));
    if (config.sslEnabled) warnings.push("ssl has no effect: there is no TLS on a Unix socket");
  }
  if (config.sslEnabled && !config.unixSocketEnabled) judgeCertificate(config, problems, warnings);
  return { problems, warnings };
}

const OCCUPIED: Readonly<Record<SocketState, string | null>> = {
  free: null,
  stale: null,
  living: "another server listens there",
  other: "there is a file that is no socket, remove it or name another path",
  unknown: "there is a socket that this user may not connect to",
};

/** Why the Unix socket cannot be made where another file is; null when it can. */
export async function socketProblem(config: Config): Promise<string | null> {
  if (!config.unixSocketEnabled) return null;
  const reason = OCCUPIED[await socketState(config.unixSocketPath)];
  return reason === null
    ? null
    : `Cannot listen on unix_socket.path "${config.unixSocketPath}": ${reason}`;
}

/** Why the server and its metrics cannot listen on their hosts. A port in use is no reason: the server itself may be running. */
export async function hostProblems(config: Config): Promise<readonly string[]> {
  const places: (readonly [host: string, port: number, option: string])[] = [];
  if (!config.unixSocketEnabled) places.push([config.host, config.port, "host"]);
  if (config.metricsEnabled) places.push([config.metricsHost, config.metricsPort, "metrics.host"]);
  const found = await Promise.all(places.map(([host, port]) => bindFault(host, port)));
  return places.flatMap(([host, , option], index) => {
    const fault = found[index] ?? null;
    return fault === null ? [] : [`Cannot listen on ${option} "${host}": ${fault}`];
  });
}

/** Listens there for a moment: on any free port, unless the configured one may be forbidden to this user. */
function bindFault(host: string, port: number): Promise<string | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error) => {
      const code = codeOf(error);
      if (code === "EADDRINUSE") resolve(null);
      else if (code === "EACCES") resolve(`this user may not listen on port ${port}`);
      else resolve("this machine has no such address, it must be one of its own, or 0.0.0.0 or ::");
    });
    server.listen(port < FIRST_ORDINARY_PORT ? port : 0, host, () => {
      server.close(() => resolve(null));
    });
  });
}

function socketFolderProblems(path: string): readonly string[] {
  const refuse = (reason: string): readonly string[] => [
    `Cannot use unix_socket.path "${path}": ${reason}`,
  ];
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES)
    return refuse(`it is longer than ${MAX_SOCKET_PATH_BYTES} bytes`);
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) return refuse(`"${folder}" is not a directory`);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const missing = codeOf(error) === "ENOENT";
    return refuse(
      missing ? `there is no directory "${folder}"` : `this user may not write to "${folder}"`,
    );
  }
}

/** Reads the files as the server does, and checks that key and certificate belong together. */
function judgeCertificate(config: Config, problems: string[], warnings: string[]): void {
  const certificate = readPem(config.sslCertPath, "ssl.cert_path", problems);
  const key = readPem(config.sslKeyPath, "ssl.key_path", problems);
  if (config.sslCaPath !== "") {
    const authorities = readPem(config.sslCaPath, "ssl.ca_path", problems);
    if (authorities !== null) certificateOf(authorities, "ssl.ca_path", config.sslCaPath, problems);
  }
  if (certificate === null || key === null) return;
  const shown = certificateOf(certificate, "ssl.cert_path", config.sslCertPath, problems);
  const held = keyOf(key, config, problems);
  if (shown === null || held === null) return;
  if (!shown.checkPrivateKey(held))
    problems.push(
      `Cannot use ssl.key_path "${config.sslKeyPath}": it is not the key of the certificate in "${config.sslCertPath}"`,
    );
  if (Date.parse(shown.validTo) < Date.now())
    warnings.push(
      `the certificate of ssl.cert_path "${config.sslCertPath}" has expired: ${shown.validTo}`,
    );
}

function readPem(path: string, option: string, problems: string[]): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    problems.push(`Cannot read ${option} "${path}": ${readFault(error)}`);
    return null;
  }
}

function certificateOf(
  pem: Buffer,
  option: string,
  path: string,
  problems: string[],
): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    problems.push(`Cannot use ${option} "${path}": it is no certificate, it must be PEM`);
    return null;
  }
}

function keyOf(pem: Buffer, config: Config, problems: string[]): KeyObject | null {
  const { sslKeyPath, sslPassphrase } = config;
  try {
    return createPrivateKey({
      key: pem,
      ...(sslPassphrase === "" ? {} : { passphrase: sslPassphrase }),
    });
  } catch (error) {
    const code = codeOf(error);
    const reason =
      code === "ERR_MISSING_PASSPHRASE"
        ? "it is encrypted, ssl.passphrase must be given"
        : code === "ERR_OSSL_BAD_DECRYPT"
          ? "ssl.passphrase does not open it"
          : "it is no private key, it must be PEM";
    problems.push(`Cannot use ssl.key_path "${sslKeyPath}": ${reason}`);
    return null;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

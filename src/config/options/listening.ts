// The options of listening: address, port, processes, Unix socket, TLS.

import { flag, orWord, redacted, text, whole } from "../kinds.ts";
import { FILE_MODE, FILE_PATH, HOST, PORT, SOCKET_PATH } from "../network-kinds.ts";
import type { Table } from "../table.ts";

/** Where the server listens. */
export interface ListeningConfig {
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on. With 0 the system chooses one. */
  readonly port: number;
  /** Whether other processes may listen on the same address and port. */
  readonly reusePort: boolean;
  /** The number of processes that share the port. "auto" is one for each core, or more for their open files. */
  readonly workers: number | "auto";
  /** The prefix of every path: empty, or `/path` without a slash at the end. */
  readonly pathPrefix: string;
  /** Whether the server listens on a Unix socket instead of a port. */
  readonly unixSocketEnabled: boolean;
  /** The absolute path of the Unix socket. */
  readonly unixSocketPath: string;
  /** The file mode of the Unix socket, 0o660 for example. */
  readonly unixSocketMode: number;
  /** Whether the server uses TLS. If so, the paths of the certificate and the key are set. */
  readonly sslEnabled: boolean;
  /** Paths of PEM files. Empty for none. */
  readonly sslCertPath: string;
  readonly sslKeyPath: string;
  /** The passphrase of the key, a secret. Empty when the key is not encrypted. */
  readonly sslPassphrase: string;
  readonly sslCaPath: string;
}

/** The rows of `ListeningConfig`. */
export const LISTENING_OPTIONS: Table<ListeningConfig> = {
  host: {
    path: "host",
    kind: HOST,
    default: "0.0.0.0",
    env: ["FANWIRE_HOST"],
    commandLine: "--host",
    doc: "The address to listen on. `0.0.0.0` is every IPv4 address of the machine, `::` every address.",
  },
  port: {
    path: "port",
    kind: PORT,
    default: 6001,
    env: ["FANWIRE_PORT"],
    commandLine: "--port",
    doc: "The port to listen on, for WebSocket and HTTP alike. 0 lets the system choose a free one.",
  },
  reusePort: {
    path: "reuse_port",
    kind: flag(),
    default: false,
    env: ["FANWIRE_REUSE_PORT"],
    doc: "Whether other servers of the same user may listen on the same address and port, among which the system divides new connections: to start a new server before the old one stops.",
  },
  workers: {
    path: "workers",
    kind: orWord(whole({ min: 1, max: 256 }), "auto"),
    default: 1,
    env: ["FANWIRE_WORKERS"],
    commandLine: "--workers",
    doc: "Processes that share the port, on Linux. `auto` starts one for each core, and more when `max_connections` is more than the open files of these allow. 1 is a single process; with more there is one besides, which starts the others and accepts no clients. On a Unix socket there can be one.",
  },
  pathPrefix: {
    path: "path_prefix",
    kind: text('empty, or a path such as "/realtime"', /^(\/[\w.~-]+)*\/?$/, (path) =>
      path.replace(/\/$/, ""),
    ),
    default: "",
    env: ["FANWIRE_PATH_PREFIX"],
    doc: "What every path of the server begins with. Empty or `/` is no prefix.",
  },
  unixSocketEnabled: {
    path: "unix_socket.enabled",
    kind: flag(),
    default: false,
    env: ["FANWIRE_UNIX_SOCKET_ENABLED"],
    doc: "Whether the server listens on a Unix socket instead of an address and a port.",
  },
  unixSocketPath: {
    path: "unix_socket.path",
    kind: SOCKET_PATH,
    default: "/run/fanwire/fanwire.sock",
    env: ["FANWIRE_UNIX_SOCKET_PATH"],
    doc: "Where the file of the Unix socket is made.",
  },
  unixSocketMode: {
    path: "unix_socket.permission_mode",
    kind: FILE_MODE,
    default: 0o660,
    env: ["FANWIRE_UNIX_SOCKET_PERMISSION_MODE"],
    doc: "Who may connect to the Unix socket, as the mode of its file.",
  },
  sslEnabled: {
    path: "ssl.enabled",
    kind: flag(),
    default: false,
    env: ["FANWIRE_SSL_ENABLED"],
    doc: "Whether the server speaks TLS. Where this is not given, it does when `ssl.cert_path` and `ssl.key_path` are.",
  },
  sslCertPath: {
    path: "ssl.cert_path",
    kind: FILE_PATH,
    default: "",
    env: ["FANWIRE_SSL_CERT_PATH"],
    doc: "The certificate and its chain, PEM.",
  },
  sslKeyPath: {
    path: "ssl.key_path",
    kind: FILE_PATH,
    default: "",
    env: ["FANWIRE_SSL_KEY_PATH"],
    doc: "The private key, PEM.",
  },
  sslPassphrase: {
    path: "ssl.passphrase",
    kind: redacted(text("text", /^[^]*$/)),
    default: "",
    env: ["FANWIRE_SSL_PASSPHRASE"],
    doc: "What the private key is encrypted with. Empty when it is not.",
  },
  sslCaPath: {
    path: "ssl.ca_path",
    kind: FILE_PATH,
    default: "",
    env: ["FANWIRE_SSL_CA_PATH"],
    doc: "Further certificate authorities, PEM.",
  },
};

// The kind of value for a Redis URL, which says everything of a connection in one text: that of a server, or that of
// sentinels in Sockudo's form.

import { decoded, nodeOf, type BrokerNode } from "./broker-node.ts";
import type { Json, Kind } from "./kinds.ts";
import { REDACTED, refuse, typeName } from "./source-position.ts";

/** What a Redis URL says. Empty text stands for nothing. */
export interface RedisUrl {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** Sentinels to ask for the server; none if the host is the server itself. */
  readonly sentinels: readonly BrokerNode[];
  readonly masterName: string;
  readonly sentinelPassword: string;
  readonly username: string;
  readonly password: string;
  readonly db: number;
}

const FORM = { schemes: ["redis", "rediss"], defaultPort: 6379 };
const SENTINEL_FORM = { schemes: [], defaultPort: 26_379 };

const ALLOWED =
  'a URL such as "redis://:password@host:6379/0", "rediss://host" for TLS, or "redis+sentinel://host1,host2/mymaster/0"';

/** A Redis URL. Null when there is none. It is never shown, since a password may be in it. */
export const REDIS_URL: Kind<RedisUrl | null> = {
  allowed: ALLOWED,
  read(value, position) {
    const url = typeof value === "string" ? redisUrl(value.trim()) : undefined;
    return url ?? refuse(position, { value: typeName(value), problem: `it must be ${ALLOWED}` });
  },
  write: (value): Json => (value === null ? null : REDACTED),
};

function redisUrl(text: string): RedisUrl | undefined {
  const [, secure, sentinel, rest = ""] = /^redis(s)?(\+sentinel)?:\/\/(.*)$/i.exec(text) ?? [];
  const [location = "", query = ""] = rest.split("?", 2);
  const [authority = "", ...path] = location.split("/");
  const isSecure = secure !== undefined;
  if (sentinel !== undefined) return sentinelUrl({ isSecure, authority, path, query });
  const node = nodeOf(`redis://${authority}`, FORM);
  const db = databaseOf(path[0]);
  if (authority === "" || node === undefined || db === undefined || path.length > 1)
    return undefined;
  const { host, port, username, password } = node;
  return { ...NO_SENTINELS, isSecure, host, port, username, password, db };
}

const NO_SENTINELS = { sentinels: [], masterName: "", sentinelPassword: "" };

/** The parts of a URL of sentinels. */
interface SentinelParts {
  readonly isSecure: boolean;
  readonly authority: string;
  readonly path: readonly string[];
  readonly query: string;
}

/** `:PASSWORD@HOST,HOST/NAME/DB?username=…&password=…`: the password in front is that of the sentinels. */
function sentinelUrl({ isSecure, authority, path, query }: SentinelParts): RedisUrl | undefined {
  const [, credentials = "", hosts = ""] = /^(?:(.*)@)?(.*)$/.exec(authority) ?? [];
  const sentinels = hosts.split(",").map((host) => nodeOf(host, SENTINEL_FORM));
  const sentinelPassword = decoded(credentials.replace(/^[^:]*:/, ""));
  const [masterName = "", database] = path;
  const db = databaseOf(database);
  const known = sentinels.filter((sentinel) => sentinel !== undefined);
  if (known.length < sentinels.length || sentinelPassword === undefined) return undefined;
  if (masterName === "" || db === undefined || path.length > 2) return undefined;
  const parameters = new URLSearchParams(query);
  const username = parameters.get("username") ?? "";
  const password = parameters.get("password") ?? "";
  const [{ host, port } = { host: "", port: 0 }] = known;
  const server = { isSecure, host, port, username, password, db };
  return { ...server, sentinels: known, masterName, sentinelPassword };
}

function databaseOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return 0;
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

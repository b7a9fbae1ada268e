// Kinds of value for the servers of a broker. They may be written as URLs with credentials in them, so that no error shows
// one, and no printed configuration its password.

import { scalar, type Json, type Kind } from "./kinds.ts";
import { element, isGroup, REDACTED, refuse, typeName } from "./source-position.ts";

/** A server of a broker, as it was written. Empty text stands for nothing. */
export interface BrokerNode {
  /** `redis`, `rediss`, `nats` or `tls`; empty for a plain host. */
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** What the nodes of one broker are like. */
export interface NodeForm {
  readonly schemes: readonly string[];
  readonly defaultPort: number;
}

const AUTHORITY =
  /^(?:([^:@/]*)(?::([^@/]*))?@)?(?:\[([\da-f:.]+)\]|([\w.-]+)|([\da-f:]+))(?::(\d{1,5}))?$/i;

/** Reads `host`, `host:port` or `scheme://user:password@host:port`. Undefined if the text is none of them. */
export function nodeOf(text: string, { schemes, defaultPort }: NodeForm): BrokerNode | undefined {
  const [, scheme = "", rest = ""] = /^(?:([a-z+]+):\/\/)?(.*?)\/?$/i.exec(text.trim()) ?? [];
  if (scheme !== "" && !schemes.includes(scheme.toLowerCase())) return undefined;
  const match = AUTHORITY.exec(rest);
  if (match === null) return undefined;
  const [, username = "", password = "", bracketed, name, bare, port] = match;
  const host = bracketed ?? name ?? bare ?? "";
  const number = port === undefined ? defaultPort : Number(port);
  const [user, secret] = [decoded(username), decoded(password)];
  if (number < 1 || number > 65_535 || user === undefined || secret === undefined) return undefined;
  return { scheme: scheme.toLowerCase(), host, port: number, username: user, password: secret };
}

/** Nodes: a list of texts, or of groups with `host` and `port`; or one text with commas, or JSON, as variables have it. */
export function nodes(form: NodeForm): Kind<readonly BrokerNode[]> {
  const examples = [
    `host:${form.defaultPort}`,
    ...form.schemes.slice(0, 2).map((s) => `${s}://host`),
  ];
  const item = `text such as ${examples.map((text) => JSON.stringify(text)).join(" or ")}`;
  const allowed = `a list, or text with commas, of ${item}, or of groups with host and port`;
  return {
    allowed,
    read(value, position) {
      const parts = partsOf(value);
      if (parts === undefined)
        return refuse(position, { value: typeName(value), problem: `it must be ${allowed}` });
      return parts.flatMap((part, index) => {
        const node = typeof part === "string" ? nodeOf(part, form) : nodeIn(part, form);
        if (node !== undefined) return node;
        const at = Array.isArray(value) ? element(position, index) : position;
        return refuse(at, { value: typeName(part), problem: `it must be ${item}` }) ?? [];
      });
    },
    write: (value) => value.map(writeNode),
  };
}

/** A host, possibly with a scheme before it, as Sockudo has it. */
export const REDIS_HOST: Kind<string> = scalar(
  'a host name or an address, with "rediss://" before it for TLS',
  (value) =>
    typeof value === "string" && /^(rediss?:\/\/)?[\w.:%-]+$/.test(value) ? value : undefined,
  (value) => value,
);

/** The text of a node, its password redacted. */
function writeNode({ scheme, host, port, username, password }: BrokerNode): Json {
  const user = username === "" && password === "" ? "" : encodeURIComponent(username);
  const secret = password === "" ? "" : `:${REDACTED}`;
  const at = user === "" && secret === "" ? "" : "@";
  const shown = host.includes(":") ? `[${host}]` : host;
  return `${scheme === "" ? "" : `${scheme}://`}${user}${secret}${at}${shown}:${port}`;
}

function nodeIn(value: unknown, form: NodeForm): BrokerNode | undefined {
  if (!isGroup(value)) return undefined;
  const { host = "127.0.0.1", port = form.defaultPort } = value;
  const number = Number(port);
  if (typeof host !== "string" || !Number.isInteger(number)) return undefined;
  const node = nodeOf(host, { ...form, defaultPort: number });
  return node;
}

function partsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return undefined;
  if (value.trimStart().startsWith("[")) {
    const list = parsed(value);
    if (Array.isArray(list)) return list;
  }
  const parts = value.split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined if the text is not percent-encoded as a URL is. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

// Kinds of value that name something on a network or in the file system. They judge the form alone: nothing is
// looked up, bound or opened here.

import { isIP } from "node:net";
import { commaList, scalar, text, whole, type Kind, type Scalar } from "./kinds.ts";

/** A host name or an address to listen on. */
export const HOST: Scalar<string> = text("a host name or an address", /^[\w.:%-]+$/);

/** A port to listen on. */
export const PORT: Scalar<number> = whole({ min: 0, max: 65_535 });

/** The path of a file; empty for none. */
export const FILE_PATH: Scalar<string> = text("the path of a file, or empty", /^[^\0]*$/);

/** Where a socket file is made. Absolute: the working directory of a service is nobody's choice. */
export const SOCKET_PATH: Scalar<string> = text(
  'an absolute path without ".."',
  /^(\/(?!\.\.(\/|$))[^/\0]+)+$/,
);

/** A mode as `chmod` takes it. Text alone: the number 660 would leave open which base it is in. */
export const FILE_MODE: Scalar<number> = scalar(
  'a mode in octal digits, in quotes, such as "660"',
  (value) =>
    typeof value === "string" && /^0?[0-7]{1,3}$/.test(value)
      ? Number.parseInt(value, 8)
      : undefined,
  (mode) => mode.toString(8).padStart(3, "0"),
);

/** Pages that may connect or ask: `any` is another word for `*`. */
export const ORIGINS: Kind<readonly string[]> = commaList(
  text(
    'an origin such as "https://example.com", "example.com", "*.example.com" or "*"',
    /^(any|\*|([a-z][a-z\d+.-]*:\/\/)?(\*\.)?([\w-]+(\.[\w-]+)*|\[[\da-f:.]+\])(:\d{1,5})?)$/i,
    (origin) => origin.toLowerCase().replace(/^any$/, "*"),
  ),
  'origins such as "https://example.com", "example.com", "*.example.com" or "*"',
);

/** Addresses and networks, as `X-Forwarded-For` may be trusted from. */
export const NETWORKS: Kind<readonly string[]> = commaList(
  scalar(
    'an address or a network such as "10.0.0.0/8"',
    (value) => (typeof value === "string" && isNetwork(value) ? value : undefined),
    (network) => network,
  ),
  'addresses and networks such as "10.0.0.0/8"',
);

/** HTTP methods, in upper case. */
export const METHODS: Kind<readonly string[]> = commaList(
  text('an HTTP method such as "GET"', /^[a-z]+$/i, (method) => method.toUpperCase()),
  'HTTP methods such as "GET"',
);

/** What a header may be called (RFC 9110, section 5.6.2). */
export const HEADER_NAME: RegExp = /^[!#$%&'*+.^`|~\w-]+$/;

/** Names of HTTP headers, or `*`, which is a name by the same rule. */
export const HEADER_NAMES: Kind<readonly string[]> = commaList(
  text('the name of a header such as "Content-Type"', HEADER_NAME),
  'names of headers such as "Content-Type"',
);

function isNetwork(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

// Kinds of value for names on a network or in the file system. Only the form is checked: nothing is resolved, bound or
// opened.

import { isIP } from "node:net";
import { commaList, scalar, text, whole, type Kind, type Scalar } from "./kinds.ts";

/** A host name or an address to listen on. */
export const HOST: Scalar<string> = text("a host name or an address", /^[\w.:%-]+$/);

/** A port to listen on. */
export const PORT: Scalar<number> = whole({ min: 0, max: 65_535 });

/** The path of a file. Empty means none. */
export const FILE_PATH: Scalar<string> = text("the path of a file, or empty", /^[^\0]*$/);

/** The path of a Unix socket. It must be absolute, since the working directory of a service is rarely known. */
export const SOCKET_PATH: Scalar<string> = text(
  'an absolute path without ".."',
  /^(\/(?!\.\.(\/|$))[^/\0]+)+$/,
);

/** A file mode in octal digits. It must be text: the base of a number such as 660 would be ambiguous. */
export const FILE_MODE: Scalar<number> = scalar(
  'a mode in octal digits, in quotes, such as "660"',
  (value) =>
    typeof value === "string" && /^0?[0-7]{1,3}$/.test(value)
      ? Number.parseInt(value, 8)
      : undefined,
  (mode) => mode.toString(8).padStart(3, "0"),
);

/** Origins of pages that may connect or read answers. `any` means `*`. */
export const ORIGINS: Kind<readonly string[]> = commaList(
  text(
    'an origin such as "https://example.com", "example.com", "*.example.com" or "*"',
    /^(any|\*|([a-z][a-z\d+.-]*:\/\/)?(\*\.)?([\w-]+(\.[\w-]+)*|\[[\da-f:.]+\])(:\d{1,5})?)$/i,
    (origin) => origin.toLowerCase().replace(/^any$/, "*"),
  ),
  'origins such as "https://example.com", "example.com", "*.example.com" or "*"',
);

/** Addresses and networks of proxies. */
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

/** The name of an HTTP header (RFC 9110, section 5.6.2). */
export const HEADER_NAME: RegExp = /^[!#$%&'*+.^`|~\w-]+$/;

/** Names of HTTP headers, or `*`, which that rule allows too. */
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

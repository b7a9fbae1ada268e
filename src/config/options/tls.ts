// The rows of one connection's TLS, as Sockudo has them for Redis.

import { flag, type Scalar } from "../kinds.ts";
import { FILE_PATH } from "../network-kinds.ts";
import type { Option, Table } from "../table.ts";

/** TLS of connections to a broker. */
export type TlsConfig<Name extends string> = {
  readonly [Key in `${Name}Enabled` | `${Name}AcceptInvalidCerts`]: boolean;
} & {
  readonly [Key in `${Name}CaPath` | `${Name}CertPath` | `${Name}KeyPath`]: string;
};

/** Where the options of one connection are. */
interface TlsPlace<Name extends string> {
  readonly name: Name;
  /** The group: `database.redis.master_tls`. */
  readonly path: string;
  /** What is connected to: "the Redis server". */
  readonly server: string;
  /** The variables of Sockudo, but for their last part; none if there are none. */
  readonly env?: string;
}

/** The rows of one group. */
export function tlsOptions<Name extends string>(place: TlsPlace<Name>): Table<TlsConfig<Name>> {
  const { name, server } = place;
  const flagRow = rowOf(place, flag(), false);
  const pathRow = rowOf(place, FILE_PATH, "");
  const rows = {
    [`${name}Enabled`]: flagRow("enabled", `TLS to ${server}.`),
    [`${name}AcceptInvalidCerts`]: flagRow(
      "accept_invalid_certs",
      `Accept any certificate of ${server}: then nothing proves who it is.`,
    ),
    [`${name}CaPath`]: pathRow(
      "ca_path",
      `The PEM file of the authorities that may sign the certificate of ${server}. Empty: those of the system.`,
    ),
    [`${name}CertPath`]: pathRow(
      "client_cert_path",
      `The PEM file of the certificate that is shown to ${server}. Empty: none.`,
    ),
    [`${name}KeyPath`]: pathRow(
      "client_key_path",
      "The PEM file of the key of that certificate. Empty: none.",
    ),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- computed names lose their types
  return rows as unknown as Table<TlsConfig<Name>>;
}

function rowOf<T>(
  { path, env }: TlsPlace<string>,
  kind: Scalar<T>,
  none: T,
): (key: string, doc: string) => Option<T> {
  return (key, doc) => {
    const ours = `FANWIRE_${`${path}.${key}`.replaceAll(".", "_").toUpperCase()}`;
    const theirs = env === undefined ? [] : [`${env}_${key.toUpperCase()}`];
    return { path: `${path}.${key}`, kind, default: none, env: [ours, ...theirs], doc };
  };
}

// The bus of NATS servers. Each topic is a subject of its own.
import {
  credsAuthenticator,
  nkeyAuthenticator,
  type ConnectionOptions,
} from "@nats-io/transport-node";
import { brokerBus, type BrokerMap } from "./broker-bus.ts";
import {
  fileText,
  hostAndPort,
  tlsOf,
  urlOf,
  type BrokerAddress,
  type BrokerTls,
} from "./address.ts";
import type { OpenBus } from "../bus.ts";
import { firstToGreet } from "./nats-greeting.ts";
import { connectNats } from "./nats-link.ts";

/** NATS servers, and what of them belongs to this bus. Empty text stands for nothing. */
export interface NatsBusSettings {
  /** Some servers of one cluster, at least one. The others are found. */
  readonly servers: readonly BrokerAddress[];
  readonly username: string;
  readonly password: string;
  readonly token: string;
  /** The file with the JWT and the seed of a user. */
  readonly credentialsPath: string;
  /** The seed of an NKey. */
  readonly nkeySeed: string;
  /** Null for connections without TLS, unless the server offers it. */
  readonly tls: BrokerTls | null;
  /** The beginning of every subject. */
  readonly prefix: string;
}

/** One server is as good as another: to the bus they are one. */
const CLUSTER = "cluster";
const MAP: BrokerMap = { servers: [CLUSTER], serverOf: () => CLUSTER };

/** A bus over NATS. */
export function openNatsBus(settings: NatsBusSettings): OpenBus {
  const { servers, prefix, password, token, nkeySeed, tls } = settings;
  return (member) => {
    const known = new Map(servers.map((server) => [hostAndPort(server), server]));
    return brokerBus({
      url: urlOf(tls === null ? "nats" : "tls", servers),
      secrets: [password, token, nkeySeed],
      find: () => Promise.resolve(MAP),
      connect: async (_, purpose) => {
        const server = await firstToGreet([...known.values()]);
        const target = targetOf(settings, hostAndPort(server));
        const link = await connectNats({ ...purpose, target, prefix });
        for (const other of link.servers) known.set(hostAndPort(other), other);
        return link;
      },
    })(member);
  };
}

function targetOf(settings: NatsBusSettings, server: string): ConnectionOptions {
  const { username, password, token, tls } = settings;
  return {
    servers: [server],
    ...(username === "" ? {} : { user: username, pass: password }),
    ...(token === "" ? {} : { token }),
    ...authenticatorOf(settings),
    tls: tls === null ? null : tlsOf(tls),
  };
}

/** Signs with a key. The file is read for each connection, so that it can be renewed. @throws when it cannot be read. */
function authenticatorOf({ credentialsPath, nkeySeed }: NatsBusSettings): ConnectionOptions {
  if (credentialsPath !== "")
    return { authenticator: credsAuthenticator(Buffer.from(fileText(credentialsPath))) };
  if (nkeySeed !== "") return { authenticator: nkeyAuthenticator(Buffer.from(nkeySeed)) };
  return {};
}

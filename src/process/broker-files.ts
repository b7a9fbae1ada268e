// The files that the connection to a broker needs: of TLS and of credentials.
import { accessSync, constants } from "node:fs";
import type { Config } from "../config/config.ts";
import { readFault } from "../config/load.ts";
import { ADAPTER_OPTIONS, type AdapterConfig } from "../config/options/adapter.ts";
import { REDIS_OPTIONS, type RedisConfig } from "../config/options/redis.ts";

/** The options with paths, by the driver that reads them. */
const PATHS: Readonly<Record<AdapterConfig["adapterDriver"], readonly PathOption[]>> = {
  local: [],
  redis: [
    "redisTlsCaPath",
    "redisTlsCertPath",
    "redisTlsKeyPath",
    "sentinelTlsCaPath",
    "sentinelTlsCertPath",
    "sentinelTlsKeyPath",
  ],
  "redis-cluster": ["clusterTlsCaPath", "clusterTlsCertPath", "clusterTlsKeyPath"],
  nats: ["natsTlsCaPath", "natsTlsCertPath", "natsTlsKeyPath", "natsCredentialsPath"],
};

type Options = AdapterConfig & RedisConfig;
type PathOption = {
  [Name in keyof Options]: Name extends `${string}Path` ? Name : never;
}[keyof Options];

/** Those that cannot be read, in one sentence each. */
export function brokerFileProblems(config: Config): readonly string[] {
  const driver =
    config.adapterDriver === "redis" && config.redisClusterMode
      ? "redis-cluster"
      : config.adapterDriver;
  const table = { ...ADAPTER_OPTIONS, ...REDIS_OPTIONS };
  return PATHS[driver].flatMap((name) => {
    const path = config[name];
    const fault = path === "" ? null : faultOf(path);
    return fault === null ? [] : [`Cannot read ${table[name].path} "${path}": ${fault}`];
  });
}

function faultOf(path: string): string | null {
  try {
    accessSync(path, constants.R_OK);
    return null;
  } catch (error) {
    return readFault(error);
  }
}

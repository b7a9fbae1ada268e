// The dialect of a configuration that an article shows, and that no server defines: a JSON file with `apps`,
// `server.host` and `server.port`, and with the connection to Redis in `adapter.redis`. It will not change, so it has no group in which unknown keys are accepted.

import type { Dialect } from "./dialect.ts";

/** The article's names for our options. */
export const ARTICLE: Dialect = {
  objects: {
    server: {
      names: {
        host: { keys: ["server.host"] },
        port: { keys: ["server.port"] },
        redisHost: { keys: ["adapter.redis.host"] },
        redisPort: { keys: ["adapter.redis.port"] },
        redisDatabase: { keys: ["adapter.redis.db"] },
        redisUsername: { keys: ["adapter.redis.username"] },
        redisPassword: { keys: ["adapter.redis.password"] },
      },
    },
  },
};

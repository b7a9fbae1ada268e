// The names of drivers in Sockudo and soketi: synonyms of ours, and those of drivers that this version does not have,
// which are refused by name.

import type { OtherWords } from "../kinds.ts";

/** Message brokers that both an adapter and a queue of Sockudo can use, and that this version uses for neither. */
const BROKERS = ["pulsar", "rabbitmq", "google-pubsub", "kafka", "iggy"];

const REDIS = ["redis", "redis-cluster"];

/** Words of `adapter.driver`. */
export const ADAPTER_WORDS: OtherWords<never> = {
  lacking: {
    words: ["cluster", ...BROKERS, "omq"],
    problem: 'this version has "local", "redis", "redis-cluster" and "nats"',
  },
};

/** Words of `app_manager.driver`. */
export const APP_MANAGER_WORDS: OtherWords<"memory"> = {
  same: { array: "memory" },
  lacking: {
    words: [
      "mysql",
      "dynamodb",
      "pgsql",
      "postgres",
      "postgresql",
      "surrealdb",
      "surreal",
      "scylladb",
      "scylla",
    ],
    problem: 'this version has only "memory", which takes apps from the configuration',
  },
};

/** Words of `cache.driver`. */
export const CACHE_WORDS: OtherWords<"memory"> = {
  lacking: {
    words: [...REDIS, "none"],
    problem: 'this version has only "memory", which forgets when the server stops',
  },
};

/** Words of `queue.driver`. */
export const QUEUE_WORDS: OtherWords<"memory"> = {
  same: { sync: "memory" },
  lacking: {
    words: [...REDIS, "nats", ...BROKERS, "sqs", "sns", "none"],
    problem: 'this version has only "memory", whose webhooks are lost when the server stops',
  },
};

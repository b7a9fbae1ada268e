// Requests of an arbitrary API caller: valid ones for every route, correctly signed; the same mutated before
// signing, so that nonsense passes the signature check; mutated after signing; and bytes that are not HTTP.
import { request } from "../harness/http-connection.ts";
import { md5, signRequest } from "../harness/signing.ts";
import { APP } from "../harness/target.ts";
import { json } from "./fuzz-frames.ts";
import { mutated } from "./mutation.ts";
import type { Random } from "./random.ts";

interface Draft {
  readonly method: string;
  /** Behind `/apps/ID`. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: string;
}

const NAMES: readonly [string, ...string[]] = [
  ...(["a", "b", "cache-a", "private-a", "presence-a", "__proto__", "constructor"] as const),
  ...(["private-encrypted-a", "#server-to-user-1", "1", "toString"] as const),
];

/** The bytes of a request. */
export function fuzzRequest(random: Random): Buffer {
  const draft = rightDraft(random);
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return signed(draft);
    case 3:
    case 4:
      return signed({ ...draft, body: draft.body === "" ? "" : mutated(random, draft.body) });
    case 5:
      return signed({ ...draft, path: mutated(random, draft.path) });
    case 6: {
      const [name, value] = [mutated(random, random.pick(NAMES)), mutated(random, json(random, 1))];
      return signed({ ...draft, parameters: { ...draft.parameters, [name]: value } });
    }
    case 7:
    case 8:
      return written(draft.method, mutated(random, target(draft)), draft.body);
    default:
      return random.oneIn(4)
        ? Buffer.from(random.bytes(1 + random.below(200)))
        : Buffer.from(mutated(random, signed(draft).toString("latin1")), "latin1");
  }
}

function signed(draft: Draft): Buffer {
  return written(draft.method, target(draft), draft.body);
}

function target({ method, path, parameters, body }: Draft): string {
  return signRequest(method, `/apps/${APP.id}${path}`, body, {
    parameters: { ...parameters, ...(body === "" ? {} : { body_md5: md5(body) }) },
  });
}

function written(method: string, to: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = request(`${method} ${to}`, `Content-Length: ${bytes.length}\r\n`);
  return Buffer.concat([Buffer.from(head), bytes]);
}

function rightDraft(random: Random): Draft {
  const name = random.pick(NAMES);
  const get = (path: string, parameters: Draft["parameters"] = {}): Draft => ({
    method: "GET",
    path,
    parameters,
    body: "",
  });
  const post = (path: string, body: string): Draft => ({
    method: "POST",
    path,
    parameters: {},
    body,
  });
  switch (random.below(10)) {
    case 0:
      return get("/channels", { filter_by_prefix: "presence-", info: "user_count" });
    case 1:
      return get(`/channels/${name}`, { info: "subscription_count" });
    case 2:
      return get(`/channels/${name}/users`);
    case 3:
      return post("/batch_events", `{"batch":[${event(random)},${event(random)}]}`);
    case 4:
      // Rare, because it ends the connections that the fuzzed frames need.
      return random.oneIn(10)
        ? post(`/users/${name}/terminate_connections`, "{}")
        : post(`/channels/${name}/events`, json(random, 2));
    default:
      return post("/events", event(random));
  }
}

function event(random: Random): string {
  const data = random.oneIn(2) ? JSON.stringify(json(random, 3)) : json(random, 3);
  const tags = random.oneIn(4) ? `,"tags":{"a":"1","b":${json(random, 1)}}` : "";
  const except = random.oneIn(4) ? `,"socket_id":"${random.below(9)}.${random.below(9)}"` : "";
  return `{"name":"e","channel":"${random.pick(NAMES)}","data":${data}${tags}${except}}`;
}

// A new server takes the place of an old one without a moment in which nobody listens.
import { expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { connectPusher, listen, subscribe } from "../harness/pusher-client.ts";
import { attempt, type Attempt } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { startServer } from "../harness/server.ts";

const scope = testScope();
const CONFIG = { reuse_port: true, shutdown_grace_period: 2 };

/** Clients that reach a server while it stops are closed with 4200, on which pusher-js reconnects. */
function isTaken(attempted: Attempt): boolean {
  return attempted === "connected" || attempted.code === 4200;
}

test("clients that connect all the time find a server at every moment of a takeover", async () => {
  const old = await startServer(scope, { config: CONFIG });
  const over = new AbortController();
  let takenCount = 0;
  const visitors = Array.from({ length: 8 }, async () => {
    const attempts: Attempt[] = [];
    while (!over.signal.aborted) {
      attempts.push(await attempt(old));
      takenCount++;
    }
    return attempts;
  });
  const pushers = await Promise.all(Array.from({ length: 20 }, () => connectPusher(scope, old)));
  const channels = await Promise.all(pushers.map((pusher) => subscribe(pusher, "news")));
  const ids = pushers.map(({ connection }) => connection.socket_id);

  const young = await startServer(scope, { port: old.port, config: CONFIG });
  expect(young.port).toBe(old.port);
  old.program.terminate();
  expect((await old.program.outcome()).code).toBe(0);
  await until(
    () =>
      pushers.every(({ connection }, index) => connection.socket_id !== ids[index]) &&
      channels.every(({ subscribed }) => subscribed),
    "all pusher-js clients to be back on their channel",
  );
  const countThen = takenCount;
  await until(() => takenCount > countThen + 50, "fifty more connects");
  over.abort();

  for (const attempts of await Promise.all(visitors)) {
    expect(attempts.length).toBeGreaterThan(10);
    expect(attempts.filter((each) => !isTaken(each))).toEqual([]);
  }

  const inboxes = channels.map((channel) => listen(channel, "headline"));
  await serverLibrary(young).trigger("news", "headline", { a: 1 });
  for (const inbox of inboxes) expect((await inbox.next()).data).toEqual({ a: 1 });
});

test("without reuse_port a second server is refused the port, and the first goes on", async () => {
  const first = await startServer(scope);
  const refusal = await startServer(scope, { port: first.port }).then(() => "started", String);
  expect(refusal).toContain(`Cannot listen on ${first.host}:${first.port}`);
  expect(await attempt(first)).toBe("connected");
});

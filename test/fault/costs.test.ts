// What one frame may make the server do: its cost follows its bytes, or it is bounded.
import { test } from "bun:test";
import { testScope } from "../e2e/scope.ts";
import { expectUnfelt, pour, underAttack } from "./attack.ts";
import { connectFrames, type FrameClient } from "./frame-client.ts";
import { frame } from "./frames.ts";
import { expectWell, startVictim, type Victim } from "./victim.ts";

const scope = testScope();

test("switching deltas on after thousands of subscriptions costs others nothing", async () => {
  const victim = await startVictim(scope);
  const [client] = await connectMany(victim, 1);
  if (client === undefined) throw new Error("Cannot attack: there is no client");
  await subscribeTo(client, 5000, (number) => `many-${number}`);
  const damage = await underAttack(scope, victim, () =>
    pour([client], repeated('{"event":"pusher:enable_delta_compression","data":{}}'), {
      bytesPerSecond: 50 * 59,
      durationMs: 4000,
    }),
  );
  expectUnfelt(damage);
  await expectWell(victim);
});

test("filters of thousands of values cost neither memory nor anybody's time", async () => {
  const victim = await startVictim(scope);
  const clients = await connectMany(victim, 10);
  const damage = await underAttack(scope, victim, () =>
    pour(clients, filteredSubscribes(48_000), { bytesPerSecond: 1_000_000, durationMs: 5000 }),
  );
  expectUnfelt(damage);
  await expectWell(victim);
});

async function connectMany(victim: Victim, count: number): Promise<readonly FrameClient[]> {
  const connecting = Array.from({ length: count }, () => connectFrames(scope, victim));
  return (await Promise.all(connecting)).map(({ client }) => client);
}

async function subscribeTo(
  client: FrameClient,
  count: number,
  name: (number: number) => string,
): Promise<void> {
  const frames = Array.from({ length: count }, (_, number) =>
    frame(JSON.stringify({ event: "pusher:subscribe", data: { channel: name(number) } })),
  );
  client.pipe.write(Buffer.concat(frames));
  await client.received();
}

function* repeated(text: string): Generator<string> {
  for (;;) yield text;
}

/** Subscribes to ever new channels, each with a filter of that many bytes, of as many values as fit. */
function* filteredSubscribes(bytes: number): Generator<string> {
  for (let number = 0; ; number++) {
    const nodes: unknown[] = [];
    for (let size = 0; size < bytes; size += 128 * 7)
      nodes.push({
        key: `k${nodes.length}`,
        cmp: "in",
        vals: Array.from({ length: 128 }, (_, value) => `${(number * 128 + value) % 9000}`),
      });
    const filter = { op: "or", nodes };
    yield JSON.stringify({ event: "pusher:subscribe", data: { channel: `f-${number}`, filter } });
  }
}

import { expect, test } from "bun:test";
import { type HttpAnswer, HttpConnection } from "../harness/http-connection.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { type Scope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { startBystander } from "./bystander.ts";
import { FuzzConnection, type FuzzTally } from "./fuzz-connection.ts";
import { fuzzRequest } from "./fuzz-requests.ts";
import { MemoryWatch, openFileCount } from "./process.ts";
import { Random } from "./random.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const FRAME_COUNT = Number(process.env["FANWIRE_FUZZ_COUNT"] ?? 1_000_000);
const SEED = Number(process.env["FANWIRE_FUZZ_SEED"] ?? Date.now() % 0x1_0000_0000);
const FRAMES_PER_REQUEST = 50;
const CONNECTION_COUNT = 40;
const HTTP_CONNECTION_COUNT = 4;
/** Bytes that are not HTTP may leave the server waiting for more of them. */
const MAX_WAIT_MS = 100;
const MAX_BYTES = 400 * 1_048_576;
/** A million frames in a minute; more may be asked for by hand. */
const TIME_LIMIT_MS = Math.max(60_000, (FRAME_COUNT / 1_000_000) * 60_000);

test(
  "a million frames and twenty thousand requests of all kinds do no harm",
  async () => {
    process.stdout.write(`fuzz: FANWIRE_FUZZ_SEED=${SEED} FANWIRE_FUZZ_COUNT=${FRAME_COUNT}\n`);
    const victim = await startServer(scope, {
      config: {
        websocket: { max_frames_per_second: 0, max_control_frames_per_second: 0 },
        delta_compression: { min_message_size: 0, conflation_key_path: "1" },
      },
      app: {
        max_client_events_per_second: 50,
        enable_subscription_count: true,
        enable_watchlist_events: true,
      },
    });
    const bystander = await startBystander(scope, victim);
    const quiet = await scrape(victim);
    const openFiles = openFileCount(victim.program.pid);
    const memory = new MemoryWatch(victim.program.pid);
    const startMs = performance.now();

    const tally: FuzzTally = { frameCount: 0, connectionCount: 0 };
    const connections = Array.from(
      { length: CONNECTION_COUNT },
      (_, index) => new FuzzConnection(scope, victim, new Random(SEED + index)),
    );
    const [statuses] = await Promise.all([
      askAll(scope, victim, Math.floor(FRAME_COUNT / FRAMES_PER_REQUEST)),
      ...connections.map((connection) => connection.run(tally, FRAME_COUNT)),
    ]);
    const seconds = (performance.now() - startMs) / 1000;
    const figures = await scrape(victim);
    for (const connection of connections) connection.terminate();
    const after = await untilFigures(
      victim,
      (now) => now.sum("fanwire_connected") === 1,
      "the fuzzed connections to be gone",
    );
    const peakBytes = memory.stop();
    const seenCount = await bystander.missedNothing();
    const read = figures.sum("fanwire_ws_messages_received_total");
    process.stdout.write(
      `fuzz: ${tally.frameCount} frames, of which ${read} were read as messages, of ${tally.connectionCount} connections in ${seconds.toFixed(1)} s, ${Math.round(tally.frameCount / seconds)} a second; requests ${JSON.stringify(statuses)}; at most ${Math.round(peakBytes / 1e6)} MB; the bystander saw ${seenCount} events\n`,
    );

    // The server reads what is sent, except pings, fragments, and frames behind a close.
    expect(read).toBeGreaterThan(FRAME_COUNT * 0.95);
    expect(statuses["500"]).toBeUndefined();
    expect(peakBytes).toBeLessThan(MAX_BYTES);
    for (const gauge of ["active_channels", "users_online", "buffered_bytes", "connected"])
      expect([gauge, after.sum(`fanwire_${gauge}`)]).toEqual([
        gauge,
        quiet.sum(`fanwire_${gauge}`),
      ]);
    expect(openFileCount(victim.program.pid)).toBeLessThanOrEqual(openFiles + 5);
    await expectWell(victim);
  },
  TIME_LIMIT_MS + 10_000,
);

/** Sends so many requests and returns how many were answered with which status; `none` are those whose connection ended. */
async function askAll(
  owner: Scope,
  victim: Server,
  count: number,
): Promise<Readonly<Record<string, number>>> {
  const statuses: Record<string, number> = {};
  let asked = 0;
  const askSome = async (random: Random): Promise<void> => {
    let connection: HttpConnection | null = null;
    while (asked++ < count) {
      if (connection === null || connection.tcp.isEnded) {
        connection = new HttpConnection();
        await connection.connect(owner, victim);
      }
      const answer = await Promise.race([
        connection.ask(fuzzRequest(random)),
        Bun.sleep(MAX_WAIT_MS).then(() => "late" as const),
      ]);
      const status = answer === "late" ? "late" : (answer?.status ?? "none");
      statuses[status] = (statuses[status] ?? 0) + 1;
      const goesOn = answer !== "late" && answer !== null && keepsConnection(answer);
      // A second answer means that answers no longer match requests.
      if (goesOn && connection.answers.take().length === 0) continue;
      connection.tcp.terminate();
      connection = null;
    }
  };
  await Promise.all(
    Array.from({ length: HTTP_CONNECTION_COUNT }, (_, index) =>
      askSome(new Random(SEED + CONNECTION_COUNT + index)),
    ),
  );
  return statuses;
}

/** Whether the connection can be used again. @throws when the answer tells of the program: a page, a stack, a path of the machine. */
function keepsConnection({ head, body }: HttpAnswer): boolean {
  if (
    /<html|text\/html|\/\$bunfs\/|node_modules|[A-Z]\w+Error\b|\bat .+:\d+:\d+/i.test(head + body)
  )
    throw new Error(`Cannot accept an answer that tells of the program: ${head}\n${body}`);
  return !/\r\nconnection: close/i.test(head);
}

import { expect, test } from "bun:test";
import { connectDelta } from "../harness/delta-client.ts";
import { parseObject } from "../harness/json.ts";
import { scrape } from "../harness/metrics.ts";
import { testScope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { startBystander } from "./bystander.ts";
import { KeyedReader } from "./keyed-reader.ts";
import { KEY_NAME, KeyedStream } from "./keyed-stream.ts";
import { MemoryWatch, residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const CHANNEL = "feed";
const MIB = 1_048_576;
const MAX_BACKPRESSURE_BYTES = 131_072;
/** Half of them ask for deltas. Together they leave 200 MB unread, so that keeping it would show in the memory. */
const READER_COUNT = 40;
const BYTES_PER_SECOND = 1024;
const WARM_UP_MS = 2000;
const SLOW_MS = 16_000;
const CATCHING_UP_MS = 3000;
const CAUGHT_UP_WITHIN_MS = 5000;
const TEST_TIMEOUT_MS = 40_000;
/** For reading that ends on a condition. */
const DEADLINE_MS = 20_000;

test(
  "clients that read 1 KB a second of a thousand keyed messages a second have every key's newest value soon after they read on, cost bounded memory, are not closed, and nobody else notices",
  async () => {
    const victim = await startServer(scope, {
      // A ping is sent long before the slow clients read it.
      config: { websocket: { max_backpressure: MAX_BACKPRESSURE_BYTES }, activity_timeout: 5 },
      app: { channel_delta_compression: { [CHANNEL]: { conflation_key: KEY_NAME } } },
    });
    const elsewhere = await startBystander(scope, victim);
    const plain = await connectDelta(scope, victim);
    const compressed = await connectDelta(scope, victim);
    await plain.subscribe(CHANNEL);
    await compressed.subscribe(CHANNEL, { delta: true });
    const stream = new KeyedStream(victim, CHANNEL);
    // The publishing alone grows the heap, which is not measured here.
    await stream.publishFor(WARM_UP_MS);

    const beforeBytes = residentBytes(victim.program.pid);
    const memory = new MemoryWatch(victim.program.pid);
    const readers = Array.from(
      { length: READER_COUNT },
      (_, index) => new KeyedReader(scope, victim, { channel: CHANNEL, delta: index % 2 !== 0 }),
    );
    await readUntil({ quick: readers }, () => readers.every(({ isSubscribed }) => isSubscribed));
    const readBefore = sumOf(readers);
    await readWhile(
      { slow: readers, bytesPerSecond: BYTES_PER_SECOND },
      stream.publishFor(SLOW_MS),
    );
    const readBytes = sumOf(readers) - readBefore;
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_socket_lags_total")).toBeGreaterThanOrEqual(READER_COUNT);
    const bufferedBytes = figures.sum("fanwire_buffered_bytes");
    expect(bufferedBytes).toBeLessThan(READER_COUNT * MAX_BACKPRESSURE_BYTES);

    // The first half catches up while the feed goes on, the rest after its end.
    const half = READER_COUNT / 2;
    const [early, late] = [readers.slice(0, half), readers.slice(half)];
    const both = { quick: early, slow: late, bytesPerSecond: BYTES_PER_SECOND };
    const newestThen = stream.newest();
    const publishing = stream.publishFor(CATCHING_UP_MS);
    const [earlyMs] = await Promise.all([
      readUntil(both, () => early.every((reader) => reader.hasAll(newestThen))).then(
        async (passedMs) => {
          await readWhile(both, publishing);
          return passedMs;
        },
      ),
      publishing,
    ]);
    const newest = stream.newest();
    const lateMs = await readUntil({ quick: readers }, () =>
      readers.every((reader) => reader.hasAll(newest)),
    );
    expect(earlyMs).toBeLessThan(CAUGHT_UP_WITHIN_MS);
    expect(lateMs).toBeLessThan(CAUGHT_UP_WITHIN_MS);
    const grownBytes = memory.stop() - beforeBytes;
    process.stdout.write(
      `${READER_COUNT} readers of ${stream.count} events took ${Math.round(readBytes / READER_COUNT / 1000)} KB each in ${SLOW_MS / 1000} s; ${Math.round(bufferedBytes / 1000)} KB waited for them, the server grew by ${Math.round(grownBytes / MIB)} MiB; in step again after ${Math.round(earlyMs)} ms and ${Math.round(lateMs)} ms\n`,
    );
    // A buffer grows by doubling; the rest is for the sockets themselves and for garbage.
    expect(grownBytes).toBeLessThan(READER_COUNT * 2 * MAX_BACKPRESSURE_BYTES + 32 * MIB);

    // Readers that have caught up miss none of the following events.
    const from = stream.count;
    for (let batch = 0; batch < 10; batch++) {
      await stream.publishBatch();
      // Batch by batch, since a burst would make them lag again.
      await readUntil({ quick: readers }, () =>
        readers.every((reader) => reader.numbers.at(-1) === stream.count - 1),
      );
    }
    const following = numbers(from, stream.count);
    for (const reader of readers) {
      // Events that a newer one of the same key replaced were not sent.
      expect(reader.numbers.length).toBeLessThan(stream.count / 4);
      expect(reader.numbers.slice(-following.length)).toEqual(following);
      expect(reader.numbers).toEqual(reader.numbers.toSorted((a, b) => a - b));
      expect(new Set(reader.numbers).size).toBe(reader.numbers.length);
      expect(reader.complaints).toEqual([]);
      expect(reader.closing).toBeNull();
    }
    for (const client of [plain, compressed]) {
      const events = await client.events();
      const got = events.map(({ data }) => Number(parseObject(data)["number"]));
      expect(got).toEqual(numbers(0, stream.count));
    }
    await elsewhere.missedNothing();
    await expectWell(victim);
  },
  TEST_TIMEOUT_MS,
);

test(
  "a client that reads slowly through large buffers stays, although it cannot answer a ping that it has not read",
  async () => {
    const victim = await startServer(scope, {
      config: { activity_timeout: 6, pong_timeout: 6 },
      app: { channel_delta_compression: { [CHANNEL]: { conflation_key: KEY_NAME } } },
    });
    const reader = new KeyedReader(scope, victim, { channel: CHANNEL, buffers: "usual" });
    await readUntil({ quick: [reader] }, () => reader.isSubscribed);
    const stream = new KeyedStream(victim, CHANNEL);
    const slowly = { slow: [reader], bytesPerSecond: 16 * BYTES_PER_SECOND };
    await readWhile(slowly, stream.publishFor(SLOW_MS));
    const newest = stream.newest();
    await readUntil({ quick: [reader] }, () => reader.hasAll(newest));
    expect(reader.closing).toBeNull();
    await expectWell(victim);
  },
  TEST_TIMEOUT_MS,
);

/** Readers that read everything, and readers that read at a rate. */
interface Readers {
  readonly quick?: readonly KeyedReader[];
  readonly slow?: readonly KeyedReader[];
  readonly bytesPerSecond?: number;
}

/** Reads as long as `work` takes. */
async function readWhile(readers: Readers, work: Promise<unknown>): Promise<void> {
  let isOver = false;
  await Promise.all([work.finally(() => (isOver = true)), readUntil(readers, () => isOver)]);
}

/** Reads until `isOver` holds. Returns the time that it took. @throws when that is too long. */
async function readUntil(
  { quick = [], slow = [], bytesPerSecond = 0 }: Readers,
  isOver: () => boolean,
): Promise<number> {
  const beganMs = performance.now();
  const beganBytes = slow.map(({ readBytes }) => readBytes);
  for (;;) {
    const passedMs = performance.now() - beganMs;
    for (const reader of quick) while (reader.read());
    for (const [index, reader] of slow.entries()) {
      const allowedBytes = (passedMs / 1000) * bytesPerSecond + (beganBytes[index] ?? 0);
      if (reader.readBytes < allowedBytes) reader.read(BYTES_PER_SECOND);
    }
    if (isOver()) return passedMs;
    if (passedMs > DEADLINE_MS) throw new Error("Cannot read on: the events do not come");
    await Bun.sleep(2);
  }
}

function sumOf(readers: readonly KeyedReader[]): number {
  return readers.reduce((sum, { readBytes }) => sum + readBytes, 0);
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

// The input of the delta bench and of the encoder tests: streams of event data, each as one channel
// would publish it, and pairs of texts that are slow to encode. Everything is generated from a seed,
// so that all runs and all machines measure the same bytes. Sizes and the
// share of changing fields follow real feeds; numbers change in small steps.

/** Consecutive event data of one channel, each a JSON text. */
export interface Stream {
  readonly name: string;
  readonly messages: readonly string[];
}

// Number of messages in each stream.
const MESSAGES_PER_STREAM_COUNT = 1000;

type Random = () => number;

/**
 * The six streams: `tickers`, `quotes`, `order book`, `scores`, `game state` and `iot`, always in
 * this order.
 *
 * The same seed (any 32-bit integer) always gives the same texts.
 */
export function streams(seed: number): readonly Stream[] {
  return [
    { name: "tickers", messages: tickers(mulberry32(seed)) },
    { name: "quotes", messages: quotes(mulberry32(seed + 1)) },
    { name: "order book", messages: orderBook(mulberry32(seed + 2)) },
    { name: "scores", messages: scores(mulberry32(seed + 3)) },
    { name: "game state", messages: gameState(mulberry32(seed + 4)) },
    { name: "iot", messages: iot(mulberry32(seed + 5)) },
  ];
}

// Tommy Ettinger's generator: 32 bits of state, uniform in [0, 1). Good enough for test data, and only
// for that.
function mulberry32(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const FIRST_TIMESTAMP_MS = 1_760_000_000_000;

// About 111 bytes; every number changes in each message.
function tickers(random: Random): readonly string[] {
  let price = 67_000;
  let volume = 1200;
  let timestampMs = FIRST_TIMESTAMP_MS;
  return times(MESSAGES_PER_STREAM_COUNT, () => {
    price *= 1 + (random() - 0.5) / 4000;
    volume += 0.01 + random() * 9;
    timestampMs += between(random, 20, 900);
    return JSON.stringify({
      s: "BTC-USD",
      last: round(price, 2),
      bid: round(price - 0.01 - random() * 4, 2),
      ask: round(price + 0.01 + random() * 4, 2),
      vol: round(volume, 4),
      chg: round(price / 67_000 - 1 + random() / 1e4, 5),
      ts: timestampMs,
    });
  });
}

// About 316 bytes; 5 of 15 fields change.
function quotes(random: Random): readonly string[] {
  const quote = {
    symbol: "ACME",
    exchange: "XNAS",
    name: "Acme Industries Incorporated, Class A Common Stock",
    status: "regular trading hours",
    last: 184.25,
    bid: 184.24,
    ask: 184.26,
    bidSize: 300,
    askSize: 500,
    open: 182.11,
    high: 185.9,
    low: 181.77,
    previousClose: 182.03,
    marketCap: 2_871_000_000_000,
    updatedAt: FIRST_TIMESTAMP_MS,
  };
  return times(MESSAGES_PER_STREAM_COUNT, () => {
    quote.last = round(quote.last * (1 + (random() - 0.5) / 800), 2);
    quote.bid = round(quote.last - 0.01 * between(random, 1, 4), 2);
    quote.ask = round(quote.last + 0.01 * between(random, 1, 4), 2);
    quote.bidSize = between(random, 1, 40) * 100;
    quote.updatedAt += between(random, 40, 4000);
    return JSON.stringify(quote);
  });
}

// About 929 bytes; 3 of 40 levels change in each message.
function orderBook(random: Random): readonly string[] {
  const side = (sign: number): [number, number][] =>
    times(20, (level) => [round(63421.5 + sign * (level + 1) * 0.25, 2), size(random)]);
  const bids = side(-1);
  const asks = side(1);
  let sequence = 88_120_431;
  return times(MESSAGES_PER_STREAM_COUNT, () => {
    for (let change = 0; change < 3; change++) {
      const level = pick(random() < 0.5 ? bids : asks, random);
      level[1] = size(random);
    }
    sequence += between(random, 1, 9);
    return JSON.stringify({ symbol: "ETH-USD", sequence, bids, asks });
  });
}

function size(random: Random): number {
  return round(100 + random() * 9000, 6);
}

// About 716 bytes; the clock runs, and a score or status changes now and then.
function scores(random: Random): readonly string[] {
  const teams = [
    "Lions",
    "Tigers",
    "Bears",
    "Wolves",
    "Hawks",
    "Sharks",
    "Bulls",
    "Foxes",
    "Owls",
    "Rams",
    "Elks",
    "Jays",
  ];
  const matches = times(6, (index) => ({
    id: 40_100 + index,
    home: teams[index * 2] ?? "Home",
    away: teams[index * 2 + 1] ?? "Away",
    score: [0, 0],
    period: "first half",
    yellow: 0,
    stadium: `Arena ${index + 1}`,
  }));
  let seconds = 0;
  return times(MESSAGES_PER_STREAM_COUNT, () => {
    seconds += between(random, 1, 6);
    const match = pick(matches, random);
    if (random() < 0.05) match.score[random() < 0.5 ? 0 : 1] = between(random, 0, 9);
    if (random() < 0.04) match.yellow += 1;
    if (random() < 0.01)
      match.period = pick(["first half", "half time", "second half", "full time"], random);
    return JSON.stringify({ league: "Premier", day: 12, clock: seconds, matches });
  });
}

// About 9.4 KB; 5 of 100 entities move.
function gameState(random: Random): readonly string[] {
  const entities = times(100, (index) => ({
    id: index + 1,
    kind: pick(["orc", "elf", "human", "dwarf"], random),
    x: round(random() * 2048, 2),
    y: round(random() * 2048, 2),
    vx: round(random() * 8 - 4, 3),
    vy: round(random() * 8 - 4, 3),
    hp: between(random, 20, 100),
    state: pick(["idle", "walking", "fight"], random),
  }));
  let tick = 501_220;
  return times(MESSAGES_PER_STREAM_COUNT, () => {
    tick += 1;
    for (let change = 0; change < 5; change++) {
      const entity = pick(entities, random);
      entity.vx = round(random() * 8 - 4, 3);
      entity.vy = round(random() * 8 - 4, 3);
      entity.x = round(Math.abs(entity.x + entity.vx), 2);
      entity.y = round(Math.abs(entity.y + entity.vy), 2);
      if (random() < 0.3) entity.hp = between(random, 1, 100);
      if (random() < 0.2) entity.state = pick(["idle", "walking", "fight"], random);
    }
    return JSON.stringify({ tick, map: "north-keep", entities });
  });
}

// About 361 bytes; a reading of one device with non-ASCII names, a list that shifts, and a rare
// alarm.
function iot(random: Random): readonly string[] {
  let temperature = 21.4;
  let humidity = 48.2;
  let uptimeSeconds = 86_400;
  const history = times(8, () => between(random, 180, 260));
  return times(MESSAGES_PER_STREAM_COUNT, () => {
    temperature += (random() - 0.5) * 0.4;
    humidity += random() - 0.5;
    uptimeSeconds += 5;
    history.shift();
    history.push(between(random, 180, 260));
    return JSON.stringify({
      device: "6f1c2ad0-91b7-4d53-a5a2-0d3f5be61c11",
      site: "Zürich-Örlikon, Halle 3 – 東",
      uptimeSeconds,
      readings: [
        { sensor: "temperature", unit: "°C", value: round(temperature, 2) },
        { sensor: "humidity", unit: "%", value: round(humidity, 1) },
        { sensor: "power", unit: "W", value: history.at(-1) ?? 0 },
      ],
      history,
      battery: Math.max(1, 100 - Math.floor(uptimeSeconds / 4000)),
      alarm:
        random() < 0.02 ? { code: between(random, 100, 130), text: "threshold exceeded" } : null,
      firmware: "4.12.0-rc2",
    });
  });
}

/** Two texts, of which the second is encoded as a delta to the first. */
export interface Pair {
  readonly name: string;
  readonly base: Uint8Array;
  readonly next: Uint8Array;
}

const HOSTILE_BYTES = 65_536;

/** Pairs of 64 KiB texts that are expensive to match: many near matches, few matches. */
export function hostilePairs(seed: number): readonly Pair[] {
  const random = mulberry32(seed);
  const letters = (count: number): Uint8Array => filled(() => 97 + between(random, 0, count - 1));
  const [two, four, noise] = [letters(2), letters(4), filled(() => between(random, 0, 255))];
  const words = deBruijn(4, 8);
  const heads = filled((at) => (at % 8 < 7 ? 97 + (at % 8) : between(random, 0, 255)));
  return [
    { name: "one letter", base: filled(() => 97), next: filled((at) => (at % 32_768 ? 97 : 98)) },
    { name: "periods 7 and 8", base: filled((at) => at % 7), next: filled((at) => at % 8) },
    { name: "periods 16 and 17", base: filled((at) => at % 16), next: filled((at) => at % 17) },
    {
      name: "period 13, shifted",
      base: filled((at) => at % 13),
      next: filled((at) => (at + 6) % 13),
    },
    { name: "noise, other noise", base: noise, next: filled(() => between(random, 0, 255)) },
    { name: "noise, every 6th byte other", base: noise, next: altered(noise, 6, random) },
    { name: "noise, every 9th byte other", base: noise, next: altered(noise, 9, random) },
    { name: "noise, shuffled by 10 bytes", base: noise, next: shuffled(noise, 10, random) },
    { name: "two letters", base: two, next: letters(2) },
    { name: "two letters, shuffled by 8 bytes", base: two, next: shuffled(two, 8, random) },
    { name: "four letters", base: four, next: letters(4) },
    { name: "all words of 8, shuffled by 7 bytes", base: words, next: shuffled(words, 7, random) },
    { name: "all words of 8, backwards", base: words, next: words.toReversed() },
    { name: "one head, many tails", base: heads, next: altered(heads, 8, random) },
    { name: "short fields", base: fields(2, random), next: fields(2, random) },
    { name: "fields of 12 bytes", base: fields(12, random), next: fields(12, random) },
    { name: "other numbers everywhere", base: numbers(random), next: numbers(random) },
  ];
}

function filled(byteAt: (at: number) => number): Uint8Array {
  return Uint8Array.from({ length: HOSTILE_BYTES }, (_, at) => byteAt(at));
}

function altered(bytes: Uint8Array, every: number, random: Random): Uint8Array {
  return bytes.map((byte) => (random() * every < 1 ? between(random, 0, 255) : byte));
}

function shuffled(bytes: Uint8Array, blockBytes: number, random: Random): Uint8Array {
  const starts = times(Math.ceil(bytes.length / blockBytes), (block) => block * blockBytes);
  const order = starts.map((start) => ({ start, rank: random() }));
  order.sort((left, right) => left.rank - right.rank);
  return Uint8Array.from(
    order.flatMap(({ start }) => [...bytes.subarray(start, start + blockBytes)]),
  );
}

// A De Bruijn sequence: every word of `wordLength` letters occurs once. With 4 letters and words of 8 it
// has 65,536 bytes, and no match within itself is longer than 7.
function deBruijn(letterCount: number, wordLength: number): Uint8Array {
  const word = Array.from({ length: letterCount * wordLength }, () => 0);
  const text: number[] = [];
  function extend(length: number, period: number): void {
    if (length > wordLength) {
      if (wordLength % period === 0) text.push(...word.slice(1, period + 1));
      return;
    }
    const repeated = word[length - period] ?? 0;
    for (let letter = repeated; letter < letterCount; letter++) {
      word[length] = letter;
      extend(length + 1, letter === repeated ? period : length);
    }
  }
  extend(1, 1);
  return filled((at) => 97 + (text[at] ?? 0));
}

function fields(fieldBytes: number, random: Random): Uint8Array {
  return filled((at) => (at % fieldBytes === 0 ? 0x2c : between(random, 97, 122)));
}

function numbers(random: Random): Uint8Array {
  const text = JSON.stringify(times(9000, () => ({ x: between(random, 0, 99_999) })));
  return new TextEncoder().encode(text).slice(0, HOSTILE_BYTES);
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined)
    throw new Error("Cannot pick an item: the list is empty, it must hold one");
  return item;
}

// An integer from `low` to `high`, inclusive.
function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

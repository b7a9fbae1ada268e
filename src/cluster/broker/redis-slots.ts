// The slots of a Redis Cluster: a key belongs to one of 16,384, and each slot to one primary.
import { hostAndPort, type BrokerAddress } from "./address.ts";

const SLOT_COUNT = 16_384;

/** CRC-16 as in XMODEM, by the upper byte. */
const CRC16: Readonly<Uint16Array> = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

const encoder = new TextEncoder();

/** The slot of a key: of its part in the first pair of braces, if it has one that is not empty. */
export function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of encoder.encode(hashed))
    crc = ((crc << 8) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff;
  return crc % SLOT_COUNT;
}

/** Who has which slots, as one server tells it. */
export interface SlotMap {
  /** By slot, `host:port` of its primary. */
  readonly primaries: readonly (string | undefined)[];
  /** All servers: primaries and replicas, by `host:port`. */
  readonly servers: ReadonlyMap<string, BrokerAddress>;
}

/** Reads the reply to CLUSTER SLOTS. A server that does not know its own host is at the one that was asked. */
export function readSlots(reply: unknown, asked: BrokerAddress): SlotMap {
  const primaries: (string | undefined)[] = Array.from({ length: SLOT_COUNT });
  const servers = new Map<string, BrokerAddress>();
  for (const range of list(reply)) {
    const [first, last, ...nodes] = list(range);
    const addresses = nodes.map((node) => addressOf(node, asked));
    for (const address of addresses) servers.set(hostAndPort(address), address);
    const [primary] = addresses;
    if (primary !== undefined)
      primaries.fill(hostAndPort(primary), Number(first), Number(last) + 1);
  }
  return { primaries, servers };
}

function addressOf(node: unknown, asked: BrokerAddress): BrokerAddress {
  const [host, port] = list(node);
  const isKnown = typeof host === "string" && host !== "" && host !== "?";
  return { host: isKnown ? host : asked.host, port: Number(port) };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

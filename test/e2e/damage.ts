// What a relay does to damage one delta when it is told to: the checksum that deltas end with is then
// wrong; everything else passes as it is.
import { OPCODE, type ServerFrame } from "../harness/frames.ts";
import { isObject, parseObject } from "../harness/json.ts";

/** For the relay in front of one server. */
export class Damage {
  /** Deltas that it has damaged. */
  count = 0;
  #isArmed = false;

  /** Has the next delta damaged. */
  damageNext(): void {
    this.#isArmed = true;
  }

  /** The payload that is passed on. */
  alter({ opcode, payload }: ServerFrame): Buffer {
    const isDelta = opcode === OPCODE.binary || payload.includes('"event":"pusher:delta"');
    if (!this.#isArmed || !isDelta) return payload;
    this.#isArmed = false;
    this.count++;
    return opcode === OPCODE.binary ? withWrongChecksum(payload) : inEnvelope(payload);
  }
}

/** Another last digit of the checksum, before the semicolon that ends a delta. */
function withWrongChecksum(delta: Buffer): Buffer {
  const damaged = Buffer.from(delta);
  const at = damaged.length - 2;
  damaged[at] = damaged[at] === 0x30 ? 0x31 : 0x30;
  return damaged;
}

function inEnvelope(payload: Buffer): Buffer {
  const parsed = parseObject(payload.toString());
  const { data } = parsed;
  if (!isObject(data)) throw new Error(`Cannot damage ${payload.toString()}: it has no delta`);
  const delta = withWrongChecksum(Buffer.from(String(data["delta"]), "base64"));
  return Buffer.from(
    JSON.stringify({ ...parsed, data: { ...data, delta: delta.toString("base64") } }),
  );
}

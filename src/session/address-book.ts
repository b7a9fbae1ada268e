// What is remembered by client address, in bounded memory however many addresses somebody has.

/** Groups of an IPv6 address, of 16 bits each. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;
const MAPPED_PREFIX = "0:0:0:0:0:ffff";

/**
 * The client that an address stands for wherever something is counted: an IPv4 address by itself, also one that is
 * mapped into IPv6; an IPv6 address by its network of 64 bits, all of which a single machine can have.
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const groups = groupsOf(address);
  if (groups.slice(0, 6).map(hex).join(":") === MAPPED_PREFIX)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join(".");
  return `${groups.slice(0, NETWORK_GROUPS).map(hex).join(":")}::/64`;
}

/** The numbers of an IPv6 address, however it is written. */
function groupsOf(address: string): readonly number[] {
  const [plain = ""] = address.split("%");
  const [head = [], tail = []] = plain.split("::").map(numbersOf);
  const zeros = Array.from({ length: GROUPS - head.length - tail.length }, () => 0);
  return [...head, ...zeros, ...tail];
}

function numbersOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function hex(group: number): string {
  return group.toString(16);
}

/** Half of the addresses that are remembered, and the least that are. */
const HALF = 50_000;

/**
 * Values by address. Those of the addresses that came last stay; who has been silent while very many others came is
 * forgotten. So somebody with very many addresses can at most have the silent ones begin anew.
 */
export class AddressBook<Value> {
  #recent = new Map<string, Value>();
  #former = new Map<string, Value>();

  /** The address's value; `make` makes one for an address that is not known. */
  recall(address: string, make: () => Value): Value {
    const known = this.#recent.get(address);
    if (known !== undefined) return known;
    const value = this.#former.get(address) ?? make();
    if (this.#recent.size >= HALF) {
      this.#former = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(address, value);
    return value;
  }
}

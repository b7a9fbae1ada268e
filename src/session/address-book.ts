// State per client address, in bounded memory no matter how many addresses appear.

/** The number of 16-bit groups in an IPv6 address. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;
const MAPPED_PREFIX = "0:0:0:0:0:ffff";

/**
 * The key under which an address is counted everywhere. An IPv4 address, mapped into IPv6 or not, is its own key. An
 * IPv6 address is counted by its /64 network, because a single machine can have a whole /64.
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

/** The eight groups of an IPv6 address, in whatever notation it is written. */
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

/** The minimum number of addresses that are remembered; the maximum is twice that. */
const MIN_REMEMBERED = 50_000;

/**
 * Values by address, with the most recently seen addresses kept. An address is forgotten if it is not seen while very
 * many others are. All that a client with very many addresses can achieve is that such addresses start with a new
 * value.
 */
export class AddressBook<Value> {
  #recent = new Map<string, Value>();
  #former = new Map<string, Value>();

  /** Returns the address's value. `make` creates the value for an address that is not known. */
  recall(address: string, make: () => Value): Value {
    const known = this.#recent.get(address);
    if (known !== undefined) return known;
    const value = this.#former.get(address) ?? make();
    if (this.#recent.size >= MIN_REMEMBERED) {
      this.#former = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(address, value);
    return value;
  }
}

import { expect, test } from "bun:test";
import { AddressBook, addressKey } from "../../../src/session/address-book.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:0DB8:0000:0000:ffff:ffff:ffff:ffff", "2001:db8:0:0::/64"],
  ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
  ["2001:db8:1::", "2001:db8:1:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
  ["", ""],
])("addressKey() of %j is %j", (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test("AddressBook.recall() remembers at most a hundred thousand addresses, the most recent ones", () => {
  const book = new AddressBook<number>();
  let made = 0;
  const recall = (address: string): number => book.recall(address, () => ++made);
  expect([recall("a"), recall("b"), recall("a")]).toEqual([1, 2, 1]);
  for (let count = 0; count < 99_998; count++) recall(`other ${count}`);
  expect([recall("other 99997"), recall("a")]).toEqual([100_000, 1]);
  for (let count = 0; count < 100_000; count++) recall(`another ${count}`);
  expect(recall("a")).toBe(200_001);
});

import { describe, expect, test } from "bun:test";
import { AddressCache } from "../../../src/delta/address-cache.ts";

const SELF = 0;
const HERE = 1;
const NEAR_0 = 2;
const NEAR_1 = 3;
const SAME_0 = 6;
const SAME_1 = 7;

function written(cache: AddressCache, address: number, here: number): readonly number[] {
  cache.take(address, here);
  return [cache.mode, cache.value];
}

describe("AddressCache", () => {
  test("take() chooses the smallest of self, here, near and same", () => {
    const cache = new AddressCache();
    cache.reset(5000);
    expect(written(cache, 100, 5000)).toEqual([SELF, 100]);
    expect(written(cache, 130, 5010)).toEqual([NEAR_0, 30]);
    expect(written(cache, 4990, 5020)).toEqual([HERE, 30]);
    expect(written(cache, 135, 5030)).toEqual([NEAR_1, 5]);
    expect(written(cache, 130, 5040)).toEqual([SAME_0, 130]);
    expect(written(cache, 300, 5050)).toEqual([4 + 1, 165]);
    expect(written(cache, 300, 5060)).toEqual([SAME_1, 300 - 256]);
  });

  test("an address replaces another one in the same slot", () => {
    const cache = new AddressCache();
    cache.reset(5000);
    cache.take(10, 5000);
    expect(written(cache, 10 + 768, 5010)[0]).toBe(NEAR_0);
    cache.take(11, 5020);
    expect(written(cache, 10, 5030)).toEqual([NEAR_0, 0]);
  });

  test("reset() forgets the previous window", () => {
    const cache = new AddressCache();
    cache.reset(5000);
    cache.take(100, 5000);
    cache.reset(5000);
    expect(written(cache, 100, 5000)).toEqual([SELF, 100]);
  });

  test("reset() also forgets it when its counter is used up", () => {
    const cache = new AddressCache();
    cache.reset(2 ** 30);
    cache.take(100, 2 ** 30);
    cache.reset(2 ** 30);
    cache.take(200, 2 ** 30);
    cache.reset(2 ** 30);
    expect(written(cache, 100, 2 ** 30)).toEqual([SELF, 100]);
    expect(written(cache, 100, 2 ** 30)).toEqual([SAME_0, 100]);
  });
});

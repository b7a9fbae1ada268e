import { expect, test } from "bun:test";
import { isAllowedOrigin } from "../../../src/protocol/origins.ts";

test.each([
  [[], "https://any.example", true],
  [["*"], "https://any.example", true],
  [["any"], "null", true],
  [["https://a.example"], "https://a.example", true],
  [["https://a.example"], "http://a.example", false],
  [["a.example"], "http://A.example", true],
  [["a.example"], "http://a.example:8080", false],
  [["a.example:8080"], "http://a.example:8080", true],
  [["*.example"], "https://deep.a.example", true],
  [["*.a.example"], "https://a.example", true],
  [["*.a.example"], "https://nota.example", false],
  [["https://*.a.example"], "http://b.a.example", false],
  [["b.example", "a.example"], "https://a.example", true],
  [["a.example"], "null", false],
] as const)("%j allows %s: %p", (allowed, origin, expected) => {
  expect(isAllowedOrigin(origin, allowed)).toBe(expected);
});

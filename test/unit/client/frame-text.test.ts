import { describe, expect, test } from "bun:test";
import { channelOf, dataOf, readMarked } from "../../../src/client/frame-text.ts";
import { marked } from "./reference.ts";

const TEXT = '{"event":"price","data":"{\\"p\\":1}","channel":"ticker"}';
const WORDS = ',"__delta_seq":7,"__conflation_key":"X"}';

describe("readMarked()", () => {
  test.each([
    { what: "a key", seq: 41, key: "BTC", text: TEXT },
    { what: "no key", seq: 0, key: "", text: TEXT },
    { what: "a key outside ASCII", seq: 9_007_199_254_740_991, key: "Zürich ✓", text: TEXT },
    { what: "the words in data that is text", text: frame(`"${WORDS}`), seq: 3, key: "k" },
    {
      what: "the words in data that is an object",
      text: frame({ a: 1, __delta_seq: 7, __conflation_key: "X" }),
      seq: 3,
      key: "k",
    },
    {
      what: "members of the frame after the channel",
      text: '{"event":"e","channel":"c","user_id":"u"}',
      seq: 3,
      key: "k",
    },
  ])("splits a message with $what", ({ text, seq, key }) => {
    expect(readMarked(marked({ text, seq, key }))).toEqual({ text, seq, key });
  });

  test.each([
    { what: "no markers", text: TEXT },
    { what: "the words in data that is text", text: frame(`"${WORDS}`) },
    {
      what: "the words at the end of data that is an object",
      text: `{"event":"e","channel":"c","data":{"a":1${WORDS}}`,
    },
    { what: "a number without a key", text: '{"event":"e","channel":"c","__delta_seq":7}' },
    { what: "a number that is invalid", text: marked({ text: TEXT, seq: Number.NaN, key: "k" }) },
    {
      what: "a number that is not exact",
      text: TEXT.slice(0, -1) + WORDS.replace("7", "9007199254740993"),
    },
    { what: "a key with an escape", text: marked({ text: TEXT, seq: 7, key: '\\"' }) },
    { what: "something after the markers", text: `${marked({ text: TEXT, seq: 7, key: "k" })} ` },
    { what: "no bytes", text: "" },
  ])("gives null for a frame with $what", ({ text }) => {
    expect(readMarked(text)).toBeNull();
  });
});

describe("channelOf()", () => {
  test.each([
    { what: "comes last", text: TEXT, channel: "ticker" },
    { what: "comes first", text: '{"channel":"c","event":"e","data":"d"}', channel: "c" },
    { what: "is all", text: '{"channel":"c"}', channel: "c" },
    {
      what: "stands before data with one",
      text: '{"event":"e","channel":"c","data":{"channel":"x"}}',
      channel: "c",
    },
    {
      what: "stands after data with one",
      text: '{"event":"e","data":{"channel":"x"},"channel":"c"}',
      channel: "c",
    },
    {
      what: "stands before a key that ends alike",
      text: String.raw`{"event":"e","channel":"c","\"channel":"x"}`,
      channel: "c",
    },
    {
      what: "needs an escape",
      text: JSON.stringify({ event: "e", channel: 'a"b\\' }),
      channel: 'a"b\\',
    },
    {
      what: "is outside ASCII",
      text: JSON.stringify({ event: "e", channel: "Ö✓" }),
      channel: "Ö✓",
    },
  ])("reads the channel that $what", ({ text, channel }) => {
    expect(channelOf(text)).toBe(channel);
  });

  test.each([
    { what: "none", text: '{"event":"pusher:pong","data":"{}"}' },
    { what: "one that is only in the data", text: '{"event":"e","data":{"channel":"x"}}' },
    { what: "one that is not a text", text: '{"event":"e","data":{"channel":"x"},"channel":7}' },
    { what: "invalid JSON", text: '{"channel":"x",' },
  ])("gives null for a frame with $what", ({ text }) => {
    expect(channelOf(text)).toBeNull();
  });
});

describe("dataOf()", () => {
  test.each([
    { what: "an object", data: { number: 7 }, members: { number: 7 } },
    { what: "a JSON text", data: '{"number":7}', members: { number: 7 } },
    { what: "another text", data: "no JSON", members: {} },
    { what: "null in JSON", data: "null", members: {} },
    { what: "a number", data: 7, members: {} },
    { what: "no data", data: undefined, members: {} },
  ])("reads the members of $what", ({ data, members }) => {
    expect(dataOf({ data })).toEqual(members);
  });
});

function frame(data: unknown): string {
  return JSON.stringify({ event: "price", data, channel: "ticker" });
}

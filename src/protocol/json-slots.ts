// What whole numbers as keys of JSON objects cost: an object whose first such key is 999 gets room for a thousand values
// at once, eight kilobytes for ten characters. A key that is a thousand or more beyond that room takes none, and dense
// keys take no more than themselves; so that maps by id cost what they should.

/** Keys less than this beyond the room of their object have it enlarged up to them. Measured; it is the engine's. */
const NEAR = 1000;
/** What an object with many such keys is counted for at most: it is its first few that cost, then the room grows in large steps. */
const MAX_PER_OBJECT = 4 * NEAR;
/** What may be taken for nothing: any single object, and a few with one such key. */
const FREE_SLOTS = MAX_PER_OBJECT + NEAR;
/** And for each character of the text: less than what short texts and lists take anyhow. */
const SLOTS_PER_CHARACTER = 8;

/** The end of a key that may be a whole number: looked for first, since it is found faster than the whole of one. */
const KEY_END = /\d"\s*:/;
const WHOLE_NUMBER_KEY = /"(?:\d|\\u003\d)+"\s*:/;
const INDEX = /^(?:0|[1-9]\d{0,9})$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
const COLON = 0x3a;

/** Whether reading the text would take room for values out of all proportion to its length. */
export function hasExcessiveSlots(text: string): boolean {
  // Most texts have no such key, and are not walked.
  if (!KEY_END.test(text) || !WHOLE_NUMBER_KEY.test(text)) return false;
  return slotsOf(text) > FREE_SLOTS + SLOTS_PER_CHARACTER * text.length;
}

/** The room for values by whole numbers, in all objects of the text. */
function slotsOf(text: string): number {
  /** Of each open object the room; `Infinity` when its keys take none any more. */
  const rooms: number[] = [];
  let slots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT) rooms.push(0);
    else if (code === CLOSE_OBJECT) rooms.pop();
    else if (code === QUOTE) {
      const end = endOfText(text, at);
      const index = isKey(text, end) ? indexOf(text.slice(at + 1, end)) : null;
      const room = rooms.at(-1);
      if (index !== null && room !== undefined && index >= room) {
        const isNear = index - room < NEAR;
        // Room that there is already is left for another kind of it.
        slots += isNear ? index + 1 - room : room;
        rooms[rooms.length - 1] = isNear && index < MAX_PER_OBJECT ? index + 1 : Infinity;
      }
      at = end;
    }
  }
  return slots;
}

/** Whether a colon follows the quoted text that ends there. */
function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (text.charCodeAt(at) <= SPACE) at++;
  return text.charCodeAt(at) === COLON;
}

/** The whole number that a key is, or null. */
function indexOf(key: string): number | null {
  const plain = key.includes("\\u003") ? key.replace(/\\u003(\d)/g, "$1") : key;
  return INDEX.test(plain) ? Number(plain) : null;
}

/** Where the quoted text ends that begins there: at its closing quote, or behind the last character. */
export function endOfText(text: string, begin: number): number {
  let end = text.indexOf('"', begin + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === BACKSLASH) from--;
  return (at - from) % 2 === 1;
}

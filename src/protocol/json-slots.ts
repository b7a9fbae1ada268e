// Guards against JSON objects whose keys are whole numbers. The engine allocates an array for such
// keys: an object whose first one is 999 gets a thousand slots at once, which is eight kilobytes
// for ten characters. A key that is 1000 or more beyond the allocated slots allocates none, and
// dense keys allocate no more slots than there are keys. Ordinary maps by id are therefore not
// affected.

/**
 * A key less than this far beyond the object's slots makes the engine allocate all slots up to it. Measured; it is a
 * property of the engine.
 */
const NEAR = 1000;
/**
 * An object is not counted beyond this number of slots. Its first few keys allocate the most for their length; after
 * that the engine enlarges the object only in large steps.
 */
const MAX_PER_OBJECT = 4 * NEAR;
/**
 * The number of slots that is always allowed: enough for any single object, and for a few objects with one such key
 * each.
 */
const FREE_SLOTS = MAX_PER_OBJECT + NEAR;
/**
 * The number of slots that is allowed in addition for each character of the text. Short texts and lists take more
 * than that anyway.
 */
const SLOTS_PER_CHARACTER = 8;

/** The end of a key that may be a whole number. Tested first, because it is found faster than a whole key. */
const KEY_END = /\d"\s*:/;
const WHOLE_NUMBER_KEY = /"(?:\d|\\u003\d)+"\s*:/;
const INDEX = /^(?:0|[1-9]\d{0,9})$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
const COLON = 0x3a;

/** Whether parsing the text would allocate slots out of all proportion to its length. */
export function hasExcessiveSlots(text: string): boolean {
  // Most texts contain no such key and need not be scanned.
  if (!KEY_END.test(text) || !WHOLE_NUMBER_KEY.test(text)) return false;
  return slotsOf(text) > FREE_SLOTS + SLOTS_PER_CHARACTER * text.length;
}

/** The slots for whole-number keys that all objects of the text would allocate. */
function slotsOf(text: string): number {
  /** For each open object: its number of slots, or `Infinity` once its keys allocate no more. */
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
        // If the key is not near, the engine abandons the existing slots and moves their values to another
        // structure.
        slots += isNear ? index + 1 - room : room;
        rooms[rooms.length - 1] = isNear && index < MAX_PER_OBJECT ? index + 1 : Infinity;
      }
      at = end;
    }
  }
  return slots;
}

/** Whether a colon follows the quoted text that ends at `end`. */
function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (text.charCodeAt(at) <= SPACE) at++;
  return text.charCodeAt(at) === COLON;
}

/** The whole number that the key stands for, or null. */
function indexOf(key: string): number | null {
  const plain = key.includes("\\u003") ? key.replace(/\\u003(\d)/g, "$1") : key;
  return INDEX.test(plain) ? Number(plain) : null;
}

/** The index of the closing quote of the text that begins at `begin`, or the length of `text` if there is none. */
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

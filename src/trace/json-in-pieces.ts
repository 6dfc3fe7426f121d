/**
 * JSON read piece by piece, so that something else can come between: what is short is parsed as it is, a long list or object
 * by what it holds. It comes to what JSON.parse comes to.
 */
import type { Interruptible } from "../interruptible.ts";

/** What is parsed at once, some tenths of a millisecond of work; one text can be longer. */
const pieceBytes = 32 * 1024;

/** What lies deeper is parsed at once, however long it is. */
const deepest = 12;

/** @throws SyntaxError as JSON.parse does. */
export function* parseInPieces(bytes: Buffer): Interruptible<unknown> {
  if (bytes.length <= pieceBytes) return parse(bytes, 0, bytes.length);
  const at = { bytes, index: 0 };
  const value = yield* readValue(at, 0);
  skipBlanks(at);
  if (at.index < bytes.length) throw new SyntaxError("something follows the value");
  return value;
}

interface Place {
  readonly bytes: Buffer;
  index: number;
}

function* readValue(at: Place, depth: number): Interruptible<unknown> {
  skipBlanks(at);
  const { bytes, index } = at;
  const first = bytes[index];
  const isOpened = depth < deepest && (first === OPEN_OBJECT || first === OPEN_LIST);
  const end = endOfValue(bytes, index, isOpened ? index + pieceBytes : bytes.length);
  if (end < 0) {
    if (!isOpened) throw new SyntaxError("the value does not end");
    return first === OPEN_OBJECT ? yield* readObject(at, depth) : yield* readList(at, depth);
  }
  at.index = end;
  yield;
  return parse(bytes, index, end);
}

function* readObject(at: Place, depth: number): Interruptible<Record<string, unknown>> {
  const { bytes } = at;
  const members: [string, unknown][] = [];
  at.index++;
  if (isEmpty(at, CLOSE_OBJECT)) return {};
  for (;;) {
    skipBlanks(at);
    const name = at.index;
    const end = bytes[name] === QUOTE ? endOfText(bytes, name) : -1;
    if (end < 0) throw new SyntaxError("a member has no name");
    at.index = end;
    skipBlanks(at);
    if (bytes[at.index++] !== COLON) throw new SyntaxError("a name has no value");
    const value = yield* readValue(at, depth + 1);
    members.push([String(parse(bytes, name, end)), value]);
    skipBlanks(at);
    const next = bytes[at.index++];
    // The last of equal names counts, and `__proto__` is a name like others.
    if (next === CLOSE_OBJECT) return Object.fromEntries(members);
    if (next !== COMMA) throw new SyntaxError("an object does not go on");
  }
}

/** Short items are parsed together, as many as make a piece. */
function* readList(at: Place, depth: number): Interruptible<unknown[]> {
  const { bytes } = at;
  const items: unknown[] = [];
  const takeShort = (from: number, to: number) => {
    const parsed: unknown = JSON.parse(`[${bytes.toString("utf8", from, to)}]`);
    if (!Array.isArray(parsed) || parsed.length === 0) throw new SyntaxError("an item is missing");
    for (const item of parsed) items.push(item);
  };
  let from = ++at.index;
  if (isEmpty(at, CLOSE_LIST)) return items;
  for (;;) {
    skipBlanks(at);
    const end = endOfValue(bytes, at.index, at.index + pieceBytes);
    const isLong = end < 0;
    if (isLong) {
      if (beforeComma(bytes, at.index) > from) takeShort(from, beforeComma(bytes, at.index));
      items.push(yield* readValue(at, depth + 1));
    } else at.index = end;
    skipBlanks(at);
    const next = bytes[at.index++];
    if (next !== COMMA && next !== CLOSE_LIST) throw new SyntaxError("a list does not go on");
    const isOver = next === CLOSE_LIST;
    if (!isLong && (isOver || at.index - from > pieceBytes)) {
      takeShort(from, at.index - 1);
      yield;
      from = at.index;
    } else if (isLong) from = at.index;
    if (isOver) return items;
  }
}

function parse(bytes: Buffer, from: number, to: number): unknown {
  return JSON.parse(bytes.toString("utf8", from, to));
}

/** Nothing but blanks before the closing bracket, which is then taken. */
function isEmpty(at: Place, close: number): boolean {
  skipBlanks(at);
  if (at.bytes[at.index] !== close) return false;
  at.index++;
  return true;
}

/** The comma before an item, or what lies before the first. */
function beforeComma(bytes: Buffer, item: number): number {
  let index = item - 1;
  while (isBlank(bytes[index])) index--;
  return index;
}

function skipBlanks(at: Place): void {
  while (isBlank(at.bytes[at.index])) at.index++;
}

/** Where the value that begins at `from` ends, or -1 when it does not before `limit`. Whether it is one is not looked at. */
function endOfValue(bytes: Buffer, from: number, limit: number): number {
  const most = Math.min(limit, bytes.length);
  let depth = 0;
  for (let index = from; index < most; index++) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      const end = endOfText(bytes, index);
      if (end < 0 || (depth > 0 && end > most)) return -1;
      if (depth === 0) return end;
      index = end - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) return index;
      if (--depth === 0) return index + 1;
    } else if (depth === 0 && (byte === COMMA || isBlank(byte))) return index;
  }
  return depth === 0 && most === bytes.length ? most : -1;
}

/** After the closing quote, or -1 without one. */
function endOfText(bytes: Buffer, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from + 1); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let escapes = 0;
    while (bytes[quote - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
  return -1;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

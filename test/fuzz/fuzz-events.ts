/**
 * Event streams: the bytes cut at random must give the events that eventsource-parser gives for the whole text, decoded
 * at once.
 */
import { createParser } from "eventsource-parser";
import { EventReader } from "../../src/endpoint/sse.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import { drawCuts } from "./draw-cuts.ts";
import type { Disagreement, FuzzOptions, FuzzResult } from "./fuzz-result.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function fuzzEvents(options: FuzzOptions): FuzzResult {
  const disagreements: Disagreement[] = [];
  let cases = 0;
  for (; cases < options.cases && disagreements.length < options.most; cases++) {
    const number = options.first + cases;
    const random = seededRandom(options.seed, `events ${number}`);
    const bytes = drawStream(random);
    const cuts = drawCuts(random, bytes.length);
    const ours = readCut(bytes, cuts);
    const theirs = readWhole(bytes);
    if (ours === theirs) continue;
    disagreements.push({ number, what: "other events", bytes: bytes.toString("latin1"), cuts, ours, theirs });
  }
  return { cases, known: new Map(), disagreements };
}

let buffer = Buffer.alloc(4096);
const around = [0x0a, 0x64, 0x0d, 0xff];

function readCut(bytes: Buffer, cuts: readonly number[]): string {
  const events: string[] = [];
  const reader = new EventReader((data) => events.push(data));
  if (buffer.length < bytes.length + 32) buffer = Buffer.alloc(bytes.length * 2 + 32);
  for (let index = 0, from = 0; index <= cuts.length; index++) {
    const to = cuts[index] ?? bytes.length;
    // Somewhere in a buffer, between bytes of others, and overwritten afterwards, as a connection's are.
    const at = index & 15;
    buffer.fill(around[index & 3] as number, 0, to - from + 32);
    bytes.copy(buffer, at, from, to);
    reader.feed(buffer, at, at + to - from);
    buffer.fill(0x0a, at, at + to - from);
    from = to;
  }
  return JSON.stringify(events);
}

function readWhole(bytes: Buffer): string {
  const events: string[] = [];
  createParser({ onEvent: ({ data }) => events.push(data) }).feed(decoder.decode(bytes));
  return JSON.stringify(events);
}

function drawStream(random: Random): Buffer {
  let text = random.uniform() < 0.1 ? "\ufeff" : "";
  const lineEnd = pick(random, lineEnds);
  for (let count = random.integer(8); count > 0; count--) {
    const end = random.uniform() < 0.8 ? lineEnd : pick(random, lineEnds);
    text += `${pick(random, lines)}${random.uniform() < 0.3 ? pick(random, texts) : ""}${end}`;
    if (random.uniform() < 0.6) text += end;
  }
  if (random.uniform() < 0.3) text += pick(random, lines);
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > 0 && random.uniform() < 0.3) bytes[random.integer(bytes.length)] = random.integer(256);
  if (bytes.length > 0 && random.uniform() < 0.1) bytes[random.integer(bytes.length)] = pick(random, hardBytes);
  return bytes;
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(items.length)] as Item;
}

const lineEnds = ["\n", "\r\n", "\r"];
const texts = ["grüße", "日本語", "🎉👩‍👩‍👧", "\u2028", "\ufeff", "a b", " ", ":", "\0", "{}", "[DONE]", "\\n"];
const lines = [
  "data: ",
  "data:",
  "data",
  "data : x",
  'data: {"choices":[{"delta":{"content":"é"}}]}',
  "data: [DONE]",
  "event: message",
  "event",
  "id: 1",
  "id: \0",
  "retry: 10",
  "retry: x",
  ": ping",
  ":",
  "unknown: x",
  "dat",
  "",
];
/** Beginnings, middles and impossible bytes of UTF-8, and line ends. */
const hardBytes = [0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x0a, 0x0d, 0x00];

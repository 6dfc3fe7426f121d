/** Responses for the fuzzer: half of them valid, the others valid ones with something done to their bytes. */
import type { Random } from "../../src/random.ts";

/** Latin-1 text: one character is one byte. */
export function drawResponse(random: Random): string {
  const valid = drawValid(random);
  if (random.uniform() < 0.4) return valid;
  let text = valid;
  for (let count = 1 + random.integer(3); count > 0; count--) text = mutate(random, text);
  return text;
}

function drawValid(random: Random): string {
  let text = "";
  while (random.uniform() < 0.06) text += `HTTP/1.1 ${pick(random, interims)}\r\n${drawHeaders(random)}\r\n`;
  text += `${drawStatusLine(random)}\r\n${drawHeaders(random)}`;
  const framing = random.uniform();
  if (framing < 0.45) text += `${drawChunkedHeader(random)}${drawHeaders(random)}\r\n${drawChunks(random)}`;
  else if (framing < 0.85) {
    const body = drawBody(random);
    text += `${pick(random, lengthNames)}:${pick(random, blanks)}${body.length}\r\n${drawHeaders(random)}\r\n${body}`;
  } else text += `\r\n${drawBody(random)}`;
  if (random.uniform() < 0.08) text += pick(random, leftovers);
  return text;
}

function drawStatusLine(random: Random): string {
  return random.uniform() < 0.6 ? "HTTP/1.1 200 OK" : pick(random, statusLines);
}

function drawHeaders(random: Random): string {
  let text = "";
  while (random.uniform() < 0.45) text += `${pick(random, headers)}\r\n`;
  return text;
}

function drawChunkedHeader(random: Random): string {
  return random.uniform() < 0.7 ? "Transfer-Encoding: chunked\r\n" : `${pick(random, codings)}\r\n`;
}

function drawChunks(random: Random): string {
  let text = "";
  while (random.uniform() < 0.7) {
    const body = drawBody(random) || "x";
    text += `${drawSize(random, body.length)}${drawExtension(random)}\r\n${body}\r\n`;
  }
  text += `${random.uniform() < 0.9 ? "0" : "000"}${drawExtension(random)}\r\n`;
  while (random.uniform() < 0.2) text += `${pick(random, headers)}\r\n`;
  return `${text}\r\n`;
}

function drawSize(random: Random, size: number): string {
  const digits = size.toString(16);
  const form = random.uniform();
  if (form < 0.8) return digits;
  return form < 0.9 ? digits.toUpperCase() : digits.padStart(1 + random.integer(14), "0");
}

function drawExtension(random: Random): string {
  return random.uniform() < 0.85 ? "" : pick(random, extensions);
}

function drawBody(random: Random): string {
  if (random.uniform() < 0.3) return pick(random, bodies);
  let text = "";
  for (let length = random.integer(24); length > 0; length--) text += String.fromCharCode(random.integer(256));
  return text;
}

function mutate(random: Random, text: string): string {
  const at = random.integer(text.length + 1);
  const length = 1 + random.integer(random.uniform() < 0.8 ? 3 : 40);
  switch (random.integer(8)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.integer(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + pick(random, pieces) + text.slice(at);
    case 3:
      return text.slice(0, at) + pick(random, pieces) + text.slice(at + length);
    case 4:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    case 5:
      return text.slice(0, at);
    case 6:
      return insertAtLine(random, text);
    default:
      return damageLineEnd(random, text);
  }
}

/** A whole header line, or half of one, where a line begins. */
function insertAtLine(random: Random, text: string): string {
  const at = drawLineEnd(random, text);
  return text.slice(0, at) + pick(random, lines) + text.slice(at);
}

/** Another byte, or several, for one of the two. */
function damageLineEnd(random: Random, text: string): string {
  const at = drawLineEnd(random, text) - 1 - random.integer(2);
  return text.slice(0, Math.max(0, at)) + pick(random, pieces) + text.slice(at + 1);
}

/** Where a line end ends; 0 in a text without one. */
function drawLineEnd(random: Random, text: string): number {
  const ends = [...text.matchAll(/\r\n/g)].map(({ index }) => index + 2);
  return ends[random.integer(ends.length)] ?? 0;
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(items.length)] as Item;
}

const interims = ["100 Continue", "103 Early Hints", "102 "];
const statusLines = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200",
  "HTTP/1.1 200 ",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 204 No Content",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.1 404 Not Found",
  "HTTP/1.1 429 Too Many Requests",
  "HTTP/1.1 500 caf\xe9",
  "HTTP/1.1 205 Reset Content",
  "HTTP/1.1 999 \t",
];
const lengthNames = ["Content-Length", "content-length", "CONTENT-LENGTH"];
const blanks = [" ", " ", "", "\t", "  "];
const codings = [
  "transfer-encoding:chunked",
  "Transfer-Encoding: Chunked ",
  "TRANSFER-ENCODING:\tCHUNKED\t",
  "Transfer-Encoding: chunked",
];
const headers = [
  "Content-Type: text/event-stream; charset=utf-8",
  "Date: Mon, 23 Nov 2026 10:00:00 GMT",
  "Server: uvicorn",
  "X-Empty:",
  "X-Blank: \t ",
  "x-many: a, b ,c",
  "X-Many: d",
  "X-Bytes: \xa0\xff\x80",
  "Connection: keep-alive",
  "Connection: close",
  "connection: Keep-Alive, x",
  "Connection: x, close",
  "!#$%&'*+-.^_`|~: odd but a token",
  "Keep-Alive: timeout=5",
  "Set-Cookie: a=b; c",
];
const extensions = [";a", ";a=b", ';a="b c"', ";a=b;c=d", ";", " ", "\t;x", ";\xe9", "; a = b", ';a="\r'];
const bodies = ["", "hello", "\r\n", "\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "data: {}\n\n", "\n", "\0"];
const leftovers = ["\r\n", "HTTP/1.1 200 OK\r\n\r\n", "x", "0\r\n\r\n", "\0\0\0\0"];
const lines = [
  "Content-Length: 5\r\n",
  "Content-Length: 5, 5\r\n",
  "Content-Length: 0\r\n",
  "Content-Length: -1\r\n",
  "Content-Length: +5\r\n",
  "Content-Length: 0x5\r\n",
  "Content-Length: 5 5\r\n",
  "Content-Length:\r\n",
  "Content-Length: 18446744073709551616\r\n",
  "Content-Length: 0000000000000000000005\r\n",
  "Content-Length : 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: chunked, gzip\r\n",
  "Transfer-Encoding: chunked, chunked\r\n",
  "Transfer-Encoding: xchunked\r\n",
  "Transfer-Encoding:\r\n",
  "Transfer-Encoding\t: chunked\r\n",
  " folded\r\n",
  "\tfolded: x\r\n",
  "Upgrade: websocket\r\nConnection: upgrade\r\n",
  "Proxy-Connection: close\r\n",
  "nothing\r\n",
  ": no name\r\n",
  "\r\n",
  "\n",
];
const pieces = [
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\r",
  "\0",
  " ",
  "\t",
  ":",
  ";",
  ",",
  '"',
  "\\",
  "-",
  "+",
  "0",
  "1",
  "5",
  "f",
  "g",
  "0x",
  "-1",
  "\x01",
  "\x7f",
  "\x80",
  "\xff",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/2.0",
  "101",
  "204",
  "304",
  "ffffffffffffffff",
  "1000000000000000",
  "chunked",
  "close",
];

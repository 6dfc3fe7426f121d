import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { MAX_HEAD_BYTES, MessageError } from "./http1-message.ts";
import { ResponseReader } from "./http1-reader.ts";

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

interface Reading {
  status: number | null;
  headers: Record<string, string>;
  body: string;
  /** Bytes that the reader took as the response's. */
  taken: number;
  keepAlive: boolean;
  outcome: "done" | "waiting" | { kind: string; message: string };
}

/** Reads the pieces one after the other out of one buffer that is overwritten each time, as a connection's is. */
function read(pieces: readonly Uint8Array[], options: { ended: boolean }): Reading {
  const reading: Reading = { status: null, headers: {}, body: "", taken: 0, keepAlive: false, outcome: "waiting" };
  const body: Buffer[] = [];
  const reader = new ResponseReader({
    onHead({ status, headers }) {
      expect(reading.status).toBeNull();
      reading.status = status;
      reading.headers = Object.fromEntries(headers);
    },
    onBody(bytes, from, to) {
      expect(to).toBeGreaterThan(from);
      expect(reading.status).not.toBeNull();
      body.push(Buffer.from(bytes.subarray(from, to)));
    },
  });
  const buffer = Buffer.alloc(Math.max(1, ...pieces.map((piece) => piece.length)));
  try {
    for (const piece of pieces) {
      buffer.set(piece);
      reading.taken += reader.feed(buffer.subarray(0, piece.length));
      buffer.fill(0xee);
    }
    if (options.ended) reader.end();
    if (reader.isDone) reading.outcome = "done";
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    reading.outcome = { kind: error.kind, message: error.message };
    // How far a piece was looked at before the fault is nobody's business.
    reading.taken = -1;
  }
  reading.body = Buffer.concat(body).toString("latin1");
  reading.keepAlive = reader.keepAlive;
  return reading;
}

/** Reads it whole, in two pieces cut at every point (at most 200 of them), and byte by byte: always with one outcome. */
function readInEveryWay(text: string, options = { ended: false }): Reading {
  const bytes = Buffer.from(text, "latin1");
  const whole = read([bytes], options);
  const step = Math.max(1, Math.floor(bytes.length / 200));
  const cuts = Array.from({ length: Math.floor(bytes.length / step) }, (_, index) => index * step);
  const readsOtherwise = (cut: number) =>
    !isDeepStrictEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)], options), whole);
  expect(cuts.filter(readsOtherwise)).toEqual([]);
  const singles = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  expect(read(singles, options)).toEqual(whole);
  return whole;
}

describe("a response", () => {
  it.each([
    ["with a length", `${ok}Content-Length: 5\r\n\r\nhello`, "hello"],
    ["with a length of zero", `${ok}Content-Length: 0\r\n\r\n`, ""],
    ["in chunks", `${chunked}5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n`, "hello world"],
    ["in no chunks", `${chunked}0\r\n\r\n`, ""],
    [
      "with upper and lower case sizes",
      `${chunked}A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n`,
      "01234567890123456789",
    ],
    ["with leading zeros in a size", `${chunked}00005\r\nhello\r\n000\r\n\r\n`, "hello"],
    ["with chunk extensions", `${chunked}5;name=value\r\nhello\r\n0;"a\tb"\r\n\r\n`, "hello"],
    ["with blanks after a size", `${chunked}5  \r\nhello\r\n0\t;last\r\n\r\n`, "hello"],
    ["with trailers", `${chunked}5\r\nhello\r\n0\r\nDigest: x\r\nOther: y\r\n\r\n`, "hello"],
    [
      "with line ends and status lines in its body",
      `${ok}Content-Length: 19\r\n\r\n\r\n\r\nHTTP/1.1 200 OK`,
      "\r\n\r\nHTTP/1.1 200 OK",
    ],
    ["with the coding in capitals", `${ok}TRANSFER-ENCODING: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`, "x"],
    ["with no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", "x"],
    ["with nothing after the status", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "x"],
    ["with bytes above ASCII in a header", `${ok}X: caf\xe9\r\nContent-Length: 1\r\n\r\nx`, "x"],
    ["that is 204", "HTTP/1.1 204 No Content\r\n\r\n", ""],
    ["that is 304 and names the length it would have", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""],
    ["that is 204 and says it is chunked", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", ""],
    [
      "after interim ones",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
      "x",
    ],
  ])("%s is read", (_, text, body) => {
    const reading = readInEveryWay(text);
    expect(reading).toMatchObject({ outcome: "done", body, taken: text.length, keepAlive: true });
    expect(readInEveryWay(text, { ended: true }).outcome).toBe("done");
  });

  it("without a length ends with the connection", () => {
    const text = `${ok}Content-Type: text/plain\r\n\r\nhello\r\n\r\n`;
    expect(readInEveryWay(text)).toMatchObject({ outcome: "waiting", body: "hello\r\n\r\n" });
    expect(readInEveryWay(text, { ended: true })).toMatchObject({
      outcome: "done",
      body: "hello\r\n\r\n",
      keepAlive: false,
    });
  });

  it("gives its status and its headers, names in lower case, repeated ones joined, blanks around values gone", () => {
    const text = "HTTP/1.1 429 Too Many\r\nX-A: 1\r\nx-a:\t 2 3 \r\nEmpty:\r\nNbsp: \xa0\r\nContent-Length: 0\r\n\r\n";
    expect(readInEveryWay(text)).toMatchObject({
      status: 429,
      headers: { "x-a": "1, 2 3", empty: "", nbsp: "\xa0", "content-length": "0" },
    });
  });

  it.each([
    ["a second response", `${ok}Content-Length: 1\r\n\r\nx`, `${ok}\r\n`],
    ["a line end after a counted body", `${ok}Content-Length: 1\r\n\r\nx`, "\r\n"],
    ["bytes after the last chunk", `${chunked}0\r\n\r\n`, "0\r\n\r\n"],
    ["a body after 204", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", "hello"],
  ])("leaves %s to the caller", (_, response, leftover) => {
    expect(readInEveryWay(response + leftover)).toMatchObject({ outcome: "done", taken: response.length });
  });
});

describe("the connection is kept", () => {
  it.each([
    [true, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, CLOSE\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x\r\nConnection: close\r\n\r\n"],
    [true, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: \xa0close\r\n\r\n"],
    [false, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
    [true, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n"],
    [false, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive, close\r\n\r\n"],
    // RFC 9112 section 6.1: chunks in an HTTP/1.0 response are a framing fault.
    [false, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n"],
  ])("%s: %j", (kept, text) => {
    expect(readInEveryWay(text)).toMatchObject({ outcome: "done", keepAlive: kept });
  });
});

describe("a response that is cut off", () => {
  const whole = `${chunked}5;x\r\nhello\r\n0\r\nDigest: x\r\n\r\n`;
  const counted = `${ok}Content-Length: 5\r\n\r\nhello`;

  it.each([whole, counted])("is truncated wherever it is cut: %j", (text) => {
    const beginnings = Array.from({ length: text.length }, (_, length) => Buffer.from(text.slice(0, length), "latin1"));
    const outcomes = beginnings.map((beginning) => read([beginning], { ended: true }).outcome);
    const truncated = { kind: "truncated", message: "the connection ended before the message did" };
    expect(outcomes).toEqual(outcomes.map(() => truncated));
  });
});

describe("malformed:", () => {
  const manyHeaders = Array.from({ length: 300 }, (_, index) => `X-${index}: 1\r\n`).join("");
  it.each([
    ["a length and chunks", `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, "both"],
    ["chunks and a length", `${ok}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`, "both"],
    ["another coding", `${ok}Transfer-Encoding: gzip\r\n\r\n`, "not chunked"],
    ["a second coding", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`, "not chunked"],
    ["chunked twice", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, "not chunked"],
    ["a coding that only looks like chunked", `${ok}Transfer-Encoding: xchunked\r\n\r\n`, "not chunked"],
    ["a no-break space before chunked", `${ok}Transfer-Encoding: \xa0chunked\r\n\r\n`, "not chunked"],
    ["an empty coding", `${ok}Transfer-Encoding:\r\n\r\n`, "not chunked"],
    ["a tab and more after chunked", `${ok}Transfer-Encoding: chunked\t;x\r\n\r\n`, "not chunked"],
    ["a list of lengths", `${ok}Content-Length: 5, 5\r\n\r\nhello`, "one whole number"],
    ["two lengths", `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, "one whole number"],
    ["two equal lengths", `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, "one whole number"],
    ["a length with a blank in it", `${ok}Content-Length: 5 5\r\n\r\nhello`, "one whole number"],
    ["a negative length", `${ok}Content-Length: -1\r\n\r\n`, "one whole number"],
    ["a length with a plus", `${ok}Content-Length: +5\r\n\r\nhello`, "one whole number"],
    ["a hexadecimal length", `${ok}Content-Length: 0x5\r\n\r\nhello`, "one whole number"],
    ["an empty length", `${ok}Content-Length:\r\n\r\n`, "one whole number"],
    ["a fraction for a length", `${ok}Content-Length: 5.0\r\n\r\nhello`, "one whole number"],
    ["a length of 2^60", `${ok}Content-Length: 1152921504606846976\r\n\r\n`, "one whole number"],
    ["a bad length where no body can be", "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", "one whole number"],
    ["a negative chunk size", `${chunked}-1\r\n`, "hexadecimal"],
    ["a chunk size with a plus", `${chunked}+5\r\nhello\r\n`, "hexadecimal"],
    ["a chunk size with a prefix", `${chunked}0x5\r\nhello\r\n`, "hexadecimal"],
    ["a chunk size of 2^60", `${chunked}1000000000000000\r\n`, "more than 12 digits"],
    ["a chunk size with a letter beyond f", `${chunked}g\r\n0123456789abcdef\r\n0\r\n\r\n`, "hexadecimal"],
    ["an empty chunk size", `${chunked}\r\nhello\r\n`, "hexadecimal"],
    ["a blank before a chunk size", `${chunked} 5\r\nhello\r\n`, "hexadecimal"],
    ["two chunk sizes", `${chunked}5 5\r\nhello\r\n`, "hexadecimal"],
    ["only an extension", `${chunked};x\r\nhello\r\n`, "hexadecimal"],
    ["a bare line feed after a chunk size", `${chunked}5\nhello\r\n`, "hexadecimal"],
    ["a bare carriage return after a chunk size", `${chunked}5\rhello\r\n`, "CR LF"],
    ["a bare line feed in a chunk extension", `${chunked}5;a\nhello\r\n`, "control character"],
    ["NUL in a chunk extension", `${chunked}5;a\0\r\nhello\r\n`, "control character"],
    ["a chunk longer than its size", `${chunked}5\r\nhello!\r\n`, "longer than its size"],
    ["a bare line feed after a chunk", `${chunked}5\r\nhello\n0\r\n\r\n`, "longer than its size"],
    ["a chunk with half a line end", `${chunked}5\r\nhello\r0\r\n`, "CR LF"],
    ["a trailer that is none", `${chunked}0\r\nnothing\r\n\r\n`, "a name, a colon and a value"],
    ["a bare line feed after the last chunk", `${chunked}0\r\n\n`, "line feed"],
    ["a blank before a colon", `${ok}Content-Length : 5\r\n\r\nhello`, "a name, a colon and a value"],
    ["a blank before a name", `${ok} Content-Length: 5\r\n\r\nhello`, "a name, a colon and a value"],
    ["a folded header", `${ok}X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello`, "a name, a colon and a value"],
    ["a header without a colon", `${ok}Nothing\r\n\r\n`, "a name, a colon and a value"],
    ["a header without a name", `${ok}: x\r\n\r\n`, "a name, a colon and a value"],
    ["a name above ASCII", `${ok}X\xe9: x\r\n\r\n`, "a name, a colon and a value"],
    ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "line feed"],
    ["one bare line feed", `${ok}X: a\nContent-Length: 5\r\n\r\nhello`, "line feed"],
    ["a bare carriage return", `${ok}X: a\rb\r\n\r\n`, "a name, a colon and a value"],
    ["NUL in a value", `${ok}X: a\0b\r\n\r\n`, "a name, a colon and a value"],
    ["a 64 KB header line", `${ok}X: ${"a".repeat(64 * 1024)}\r\n\r\n`, `longer than ${MAX_HEAD_BYTES} bytes`],
    ["64 KB of trailers", `${chunked}0\r\nX: ${"a".repeat(64 * 1024)}\r\n\r\n`, `longer than ${MAX_HEAD_BYTES} bytes`],
    ["300 headers", `${ok}${manyHeaders}\r\n`, "more than 256 headers"],
    ["300 trailers", `${chunked}0\r\n${manyHeaders}\r\n`, "more than 256 headers"],
    ["a long chunk extension", `${chunked}5;${"x".repeat(5000)}\r\nhello\r\n`, "longer than 4096 bytes"],
    [
      "a long run of blanks after a chunk size",
      `${chunked}5${" ".repeat(5000)}\r\nhello\r\n`,
      "longer than 4096 bytes",
    ],
    ["a switch of protocols", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "switched protocols"],
    ["an interim response and then no status line", "HTTP/1.1 100 Continue\r\n\r\nhello\r\n\r\n", "status line"],
    ["interim responses without an end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(33), "more than 32 interim responses"],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "status line"],
    ["another version", "HTTP/2.0 200 OK\r\n\r\n", "status line"],
    ["another minor version", "HTTP/1.2 200 OK\r\n\r\n", "status line"],
    ["HTTP in lower case", "http/1.1 200 OK\r\n\r\n", "status line"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "status line"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "status line"],
    ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n", "status line"],
    ["two blanks before the status", "HTTP/1.1  200 OK\r\n\r\n", "status line"],
    ["a line end before the status line", `\r\n${ok}\r\n`, "status line"],
    ["a request", "GET / HTTP/1.1\r\n\r\n", "status line"],
  ])("%s", (_, text, message) => {
    const { outcome } = readInEveryWay(text);
    expect(outcome).toEqual({ kind: "malformed", message: expect.stringContaining(message) as string });
  });
});

describe("what a hostile server sends", () => {
  /** Feeds `piece` until it is refused, at most 1,000 times; returns how often it was taken. */
  function feedUntilRefused(start: string, piece: string): number {
    const bytes = Buffer.from(piece, "latin1");
    const reader = new ResponseReader({ onHead() {}, onBody() {} });
    reader.feed(Buffer.from(start, "latin1"));
    for (let times = 0; times < 1000; times++)
      try {
        reader.feed(bytes);
      } catch (error) {
        if (error instanceof MessageError) return times;
        throw error;
      }
    return 1000;
  }

  it.each([
    ["a head without an end", ok, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(32), 64],
    ["a header line without an end", `${ok}X: `, "y".repeat(1024), 64],
    ["trailers without an end", `${chunked}0\r\n`, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(32), 64],
    ["a chunk extension of 1 MB", `${chunked}5;`, "y".repeat(1024), 4],
    ["a chunk size of 1 MB", chunked, "0".repeat(1024), 1],
  ])("%s is refused before it fills the memory", (_, start, piece, most) => {
    expect(feedUntilRefused(start, piece)).toBeLessThanOrEqual(most);
  });

  it("a body of any length passes through without being kept", () => {
    let received = 0;
    const reader = new ResponseReader({ onHead() {}, onBody: (_, from, to) => void (received += to - from) });
    reader.feed(Buffer.from(chunked));
    const piece = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
    const before = process.memoryUsage();
    for (let times = 0; times < 4000; times++) reader.feed(piece);
    const after = process.memoryUsage();
    expect(received).toBe(4000 * 0x10000);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
  });

  it("a body piece is a view of what was fed, not a copy", () => {
    const bytes = Buffer.from(`${ok}Content-Length: 5\r\n\r\nhello`);
    const reader = new ResponseReader({ onHead() {}, onBody: (body) => expect(body).toBe(bytes) });
    reader.feed(bytes);
    expect.assertions(1);
  });

  // A regular expression that trims takes seconds for this, and hours for the second.
  it.each([`y${" ".repeat(60_000)}y`, `${" ".repeat(60_000)}\0`])(
    "a long run of blanks in a value costs no more than other characters",
    { timeout: 1000 },
    (value) => {
      const { outcome } = read([Buffer.from(`${ok}X: ${value}\r\nContent-Length: 0\r\n\r\n`)], { ended: false });
      expect(outcome === "done" || typeof outcome === "object").toBe(true);
    },
  );
});

/**
 * Reads HTTP/1.1 responses out of bytes that arrive in any pieces (RFC 9112). It never copies a body: pieces of it are
 * views of what was fed. It is strict where leniency lets two readers disagree about where a message ends: bare line
 * feeds, folded headers, a length beside chunked, two lengths, sizes that are not plain hexadecimal.
 *
 * It will not decompress, follow redirects or accept an upgrade.
 */
import type { ResponseHead } from "./http-client.ts";

/** The response cannot be read any further; the connection it came on is of no more use. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
  readonly kind: "malformed_response" | "truncated_response";

  constructor(kind: "malformed_response" | "truncated_response", message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface ResponseHandlers {
  onHead(head: ResponseHead): void;
  /** A view into the bytes given to `feed`. Never empty. */
  onBody(bytes: Uint8Array): void;
}

/** Status line, headers and trailers together. Node's own limit is 16 KiB; some gateways need more. */
export const MAX_HEAD_BYTES = 64 * 1024;
const MAX_HEADER_COUNT = 256;
const MAX_CHUNK_LINE_BYTES = 4096;

const state = {
  head: 0,
  chunkSize: 1,
  chunkSizeBlank: 2,
  chunkExtension: 3,
  chunkSizeEnd: 4,
  chunkData: 5,
  chunkDataCr: 6,
  chunkDataLf: 7,
  trailers: 8,
  counted: 9,
  untilClose: 10,
  done: 11,
} as const;

const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const SEMICOLON = 59;

/** One response. After `isDone` a new reader is needed. */
export class ResponseReader {
  /** The server will take another request on this connection. Known once the head was read. */
  keepAlive = false;
  #state: number = state.head;
  #remaining = 0;
  #sizeDigits = 0;
  #chunkLineBytes = 0;
  /** The start of a header block whose end has not come; only the first `#heldLength` bytes count. */
  #held: Uint8Array = EMPTY;
  #heldLength = 0;
  readonly #handlers: ResponseHandlers;

  constructor(handlers: ResponseHandlers) {
    this.#handlers = handlers;
  }

  get isDone(): boolean {
    return this.#state === state.done;
  }

  /**
   * Takes the next bytes and returns how many belong to this response; fewer than all means that the server sent
   * something that nobody asked for.
   * @throws ResponseError when they are not a response that this reader accepts.
   */
  feed(bytes: Uint8Array): number {
    let at = 0;
    const end = bytes.length;
    while (at < end) {
      switch (this.#state) {
        case state.chunkData:
        case state.counted: {
          const take = Math.min(this.#remaining, end - at);
          this.#remaining -= take;
          const piece = bytes.subarray(at, at + take);
          at += take;
          if (this.#remaining === 0) this.#state = this.#state === state.counted ? state.done : state.chunkDataCr;
          this.#handlers.onBody(piece);
          break;
        }
        case state.chunkSize:
          this.#readSizeByte(bytes[at++] as number);
          break;
        case state.chunkSizeBlank:
          this.#endSize(bytes[at++] as number);
          break;
        case state.chunkExtension:
          this.#readExtensionByte(bytes[at++] as number);
          break;
        case state.chunkSizeEnd:
          expect(bytes[at++] as number, LF, "a chunk size line must end in CR LF");
          this.#startChunk();
          break;
        case state.chunkDataCr:
          expect(bytes[at++] as number, CR, "a chunk is longer than its size says");
          this.#state = state.chunkDataLf;
          break;
        case state.chunkDataLf:
          expect(bytes[at++] as number, LF, "a chunk must end in CR LF");
          this.#state = state.chunkSize;
          break;
        case state.head:
        case state.trailers:
          at = this.#readHeaderBlock(bytes, at);
          break;
        case state.untilClose:
          this.#handlers.onBody(bytes.subarray(at));
          at = end;
          break;
        default:
          return at;
      }
    }
    return at;
  }

  /**
   * The server has ended its side.
   * @throws ResponseError unless the response was complete, or one that the end of the connection ends.
   */
  end(): void {
    if (this.#state === state.done) return;
    if (this.#state !== state.untilClose)
      throw new ResponseError("truncated_response", "the connection ended before the response did");
    this.#state = state.done;
  }

  #readSizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit < 0) {
      if (this.#sizeDigits === 0) throw malformed("a chunk size is not a hexadecimal number");
      this.#endSize(byte);
      return;
    }
    // 12 digits are 2^48 bytes; more cannot be meant, and 14 would not fit a double.
    if (++this.#sizeDigits > 12) throw malformed("a chunk size has more than 12 digits");
    this.#remaining = this.#remaining * 16 + digit;
    this.#countChunkLineByte();
  }

  /** Blanks may follow a size (some servers pad it), but not a second number: `5 5` is refused. */
  #endSize(byte: number): void {
    this.#countChunkLineByte();
    if (byte === CR) this.#state = state.chunkSizeEnd;
    else if (byte === SEMICOLON) this.#state = state.chunkExtension;
    else if (isBlank(byte)) this.#state = state.chunkSizeBlank;
    else throw malformed("a chunk size is not a hexadecimal number");
  }

  #readExtensionByte(byte: number): void {
    this.#countChunkLineByte();
    if (byte === CR) this.#state = state.chunkSizeEnd;
    else if ((byte < 32 && byte !== TAB) || byte === 127)
      throw malformed("a chunk extension holds a control character");
  }

  #countChunkLineByte(): void {
    if (++this.#chunkLineBytes > MAX_CHUNK_LINE_BYTES)
      throw malformed(`a chunk size line is longer than ${MAX_CHUNK_LINE_BYTES} bytes`);
  }

  #startChunk(): void {
    this.#state = this.#remaining === 0 ? state.trailers : state.chunkData;
    this.#sizeDigits = 0;
    this.#chunkLineBytes = 0;
  }

  /** Collects a block of lines up to its empty line, and acts on it. Returns the position after what it took. */
  #readHeaderBlock(bytes: Uint8Array, at: number): number {
    const heldBefore = this.#heldLength;
    const piece = bytes.subarray(at, Math.min(bytes.length, at + MAX_HEAD_BYTES - heldBefore));
    const block = heldBefore === 0 ? piece : this.#hold(piece);
    if (this.#state === state.head) checkStart(block);
    // A block of no lines at all, as after a last chunk, is CR LF alone.
    if (this.#state === state.trailers && block.length >= 2 && block[0] === CR && block[1] === LF) {
      this.#heldLength = 0;
      this.#state = state.done;
      return at + 2 - heldBefore;
    }
    const blockEnd = findBlankLine(block, heldBefore);
    if (blockEnd < 0) {
      if (block.length >= MAX_HEAD_BYTES) throw malformed(`headers are longer than ${MAX_HEAD_BYTES} bytes`);
      if (heldBefore === 0) this.#hold(piece);
      return at + piece.length;
    }
    const text = latin1(block, blockEnd);
    this.#heldLength = 0;
    if (this.#state === state.trailers) {
      parseHeaders(text.split("\r\n"));
      this.#state = state.done;
    } else this.#acceptHead(text);
    return at + blockEnd + 4 - heldBefore;
  }

  /** Keeps a copy, because what was fed will be overwritten, and returns all that is kept. */
  #hold(piece: Uint8Array): Uint8Array {
    const length = this.#heldLength + piece.length;
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.min(MAX_HEAD_BYTES, Math.max(1024, length * 2)));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(piece, this.#heldLength);
    this.#heldLength = length;
    return this.#held.subarray(0, length);
  }

  #acceptHead(text: string): void {
    const lines = text.split("\r\n");
    const { status, minor } = parseStatusLine(lines[0] ?? "");
    const headers = parseHeaders(lines.slice(1));
    if (status === 101) throw malformed("the server switched protocols, which nobody asked for");
    // 100 Continue, 103 Early Hints: the real response follows.
    if (status < 200) return;
    this.#state = this.#bodyState(status, headers);
    const connection = tokensOf(headers.get("connection"));
    // RFC 9112 section 6.1: HTTP/1.0 has no chunks, so such a response must be the connection's last.
    const isFaulty = minor === 0 && headers.has("transfer-encoding");
    this.keepAlive =
      this.#state !== state.untilClose &&
      !isFaulty &&
      !connection.includes("close") &&
      (minor === 1 || connection.includes("keep-alive"));
    this.#handlers.onHead({ status, headers });
  }

  /** RFC 9112 section 6.3: how the body ends. */
  #bodyState(status: number, headers: ReadonlyMap<string, string>): number {
    const coding = headers.get("transfer-encoding");
    const length = headers.get("content-length");
    const hasNoBody = status === 204 || status === 304;
    if (coding !== undefined) {
      if (length !== undefined) throw malformed("the response has both a Content-Length and a Transfer-Encoding");
      if (coding.toLowerCase() !== "chunked") throw malformed("the transfer coding is not chunked");
      return hasNoBody ? state.done : state.chunkSize;
    }
    if (length === undefined) return hasNoBody ? state.done : state.untilClose;
    if (!/^[0-9]{1,15}$/.test(length)) throw malformed("the Content-Length is not one whole number");
    this.#remaining = hasNoBody ? 0 : Number(length);
    return this.#remaining === 0 ? state.done : state.counted;
  }
}

const EMPTY = new Uint8Array(0);
/** What no header line may hold (RFC 9110 section 5.5): control characters, the tab apart. */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
const START = Uint8Array.from("HTTP/1.", (letter) => letter.charCodeAt(0));

/** A server that speaks something else is found out by its first bytes, not by its silence. */
function checkStart(block: Uint8Array): void {
  for (let at = 0; at < START.length && at < block.length; at++)
    if (block[at] !== START[at]) throw malformed("the first line is not an HTTP/1.1 status line");
}

function parseStatusLine(line: string): { status: number; minor: number } {
  const match = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [^\0\r\n]*)?$/.exec(line);
  if (match === null) throw malformed("the first line is not an HTTP/1.1 status line");
  return { minor: Number(match[1]), status: Number(match[2]) };
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  if (lines.length > MAX_HEADER_COUNT) throw malformed(`there are more than ${MAX_HEADER_COUNT} headers`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    // RFC 9110 section 5.6.2: a name is a token, with nothing between it and the colon.
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(line.slice(0, Math.max(0, colon))) || CONTROL.test(line))
      throw malformed("a header line is not a name, a colon and a value");
    const name = line.slice(0, colon).toLowerCase();
    const value = trimBlanks(line, colon + 1);
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function tokensOf(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(",").map((token) => trimBlanks(token, 0).toLowerCase());
}

/**
 * Not String.trim, which takes more than blanks: byte 0xA0 before `chunked` makes it another coding. Not a regular
 * expression: one that trims an end looks at a long run of blanks once for every blank in it.
 */
function trimBlanks(text: string, from: number): string {
  let start = from;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(character: number): boolean {
  return character === SPACE || character === TAB;
}

/** Where the first CR LF CR LF begins, or -1. What lies before `from` was looked at before. */
function findBlankLine(block: Uint8Array, from: number): number {
  for (let at = block.indexOf(LF, from); at >= 0; at = block.indexOf(LF, at + 1)) {
    if (block[at - 1] !== CR) throw malformed("a line ends in a line feed without a carriage return");
    if (block[at - 2] === LF && block[at - 3] === CR) return at - 3;
  }
  return -1;
}

function latin1(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function expect(byte: number, wanted: number, message: string): void {
  if (byte !== wanted) throw malformed(message);
}

function malformed(message: string): ResponseError {
  return new ResponseError("malformed_response", message);
}

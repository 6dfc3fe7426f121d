/**
 * Reads one HTTP/1.1 message, a request or a response, out of bytes that arrive in any pieces (RFC 9112). It never copies a
 * body: pieces of it are views of what was fed. It is strict where leniency lets two readers disagree about where a message
 * ends: bare line feeds, folded headers, a length beside chunked, two lengths, sizes that are not plain hexadecimal.
 *
 * http1-reader.ts and http1-request-reader.ts say what the first line and the headers mean.
 */

/** The message cannot be read any further; the connection it came on is of no more use. */
export class MessageError extends Error {
  override readonly name = "MessageError";
  readonly kind: "malformed" | "truncated";

  constructor(kind: "malformed" | "truncated", message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface MessageHandlers {
  /** A piece of the body: `bytes`, which were given to `feed`, from `from` up to `to`. Never empty. */
  onBody(bytes: Uint8Array, from: number, to: number): void;
}

/** How a body ends, by its head. `none yet`: this was no more than an interim head, and another follows. */
export type Framing = "none yet" | "no body" | "chunked" | "until close" | { length: number };

/** First line, headers and trailers together. Node's own limit is 16 KiB; some gateways need more. */
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

/** One message. After `isDone` a new reader is needed. */
export abstract class MessageReader {
  #state: number = state.head;
  #remaining = 0;
  #sizeDigits = 0;
  #chunkLineBytes = 0;
  /** The start of a header block whose end has not come; only the first `#heldLength` bytes count. */
  #held: Uint8Array = EMPTY;
  #heldLength = 0;
  readonly #handlers: MessageHandlers;

  constructor(handlers: MessageHandlers) {
    this.#handlers = handlers;
  }

  /** Throws at the first bytes that cannot begin such a message. */
  protected abstract checkStart(block: Uint8Array): void;

  /**
   * Takes the head: its lines, CR LF between them, one character for each byte.
   * @param endsAt how many of the bytes that are being fed belong to it or came before it
   */
  protected abstract takeHead(text: string, endsAt: number): Framing;

  get isDone(): boolean {
    return this.#state === state.done;
  }

  /**
   * Takes the next bytes, `bytes` from `from` up to `to`, and returns how many of them belong to this message; fewer than
   * all means that more came after its end.
   * @throws MessageError when they are not a message that this reader accepts.
   */
  feed(bytes: Uint8Array, from = 0, end = bytes.length): number {
    let at = from;
    while (at < end) {
      switch (this.#state) {
        case state.chunkData:
        case state.counted: {
          const take = Math.min(this.#remaining, end - at);
          this.#remaining -= take;
          at += take;
          if (this.#remaining === 0) this.#state = this.#state === state.counted ? state.done : state.chunkDataCr;
          this.#handlers.onBody(bytes, at - take, at);
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
          at = this.#readHeaderBlock(bytes, at, from, end);
          break;
        case state.untilClose:
          this.#handlers.onBody(bytes, at, end);
          at = end;
          break;
        default:
          return at - from;
      }
    }
    return at - from;
  }

  /**
   * The sender has ended its side.
   * @throws MessageError unless the message was complete, or one that the end of the connection ends.
   */
  end(): void {
    if (this.#state === state.done) return;
    if (this.#state !== state.untilClose)
      throw new MessageError("truncated", "the connection ended before the message did");
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
  #readHeaderBlock(bytes: Uint8Array, at: number, from: number, end: number): number {
    const heldBefore = this.#heldLength;
    const piece = bytes.subarray(at, Math.min(end, at + MAX_HEAD_BYTES - heldBefore));
    const block = heldBefore === 0 ? piece : this.#hold(piece);
    if (this.#state === state.head) this.checkStart(block);
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
    const endsAt = at + blockEnd + 4 - heldBefore;
    this.#heldLength = 0;
    if (this.#state === state.trailers) {
      parseHeaders(text.split("\r\n"));
      this.#state = state.done;
    } else this.#state = this.#stateAfter(this.takeHead(text, endsAt - from));
    return endsAt;
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

  #stateAfter(framing: Framing): number {
    if (framing === "none yet") return state.head;
    if (framing === "no body") return state.done;
    if (framing === "chunked") return state.chunkSize;
    if (framing === "until close") return state.untilClose;
    this.#remaining = framing.length;
    return framing.length === 0 ? state.done : state.counted;
  }
}

const EMPTY = new Uint8Array(0);
/** What no header line may hold (RFC 9110 section 5.5): control characters, the tab apart. */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;

/** Names in lower case; repeated headers are joined with ", ". */
export function parseHeaders(lines: readonly string[]): Map<string, string> {
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

export function tokensOf(value: string | undefined): string[] {
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

export function malformed(message: string): MessageError {
  return new MessageError("malformed", message);
}

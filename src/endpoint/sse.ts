/**
 * Server-sent events out of bytes in any pieces, by the WHATWG rules (HTML Standard, section 9.2). Only the data of events
 * is read: nobody here asks for their types or ids.
 *
 * Every event of every stream comes through here, so that what this leaves behind for the garbage collector decides how
 * often reading stops: lines are found in the bytes, and only the data becomes text.
 */

/** No more may come between the ends of two events. A stream that exceeds it is malformed. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/** The stream breaks a rule that cannot be passed over. */
export class EventStreamError extends Error {
  override readonly name = "EventStreamError";
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const NAME = Uint8Array.from("data", (letter) => letter.charCodeAt(0));
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
/** A buffer for the beginnings of lines that is larger is given back when its line has ended. */
const KEPT_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

export class EventReader {
  readonly #onData: (data: string) => void;
  /** The event's lines up to now; null while there was none. */
  #data: string | null = null;
  /** The beginning of a line whose end has not come; only the first `#heldLength` bytes count. */
  #held = EMPTY;
  #heldLength = 0;
  #sinceEvent = 0;
  #isFirstLine = true;
  /** What came last was a CR: an LF now would be of the same line end. */
  #isAfterCr = false;

  /** @param onData gets the data of each event, its lines joined with a line feed */
  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /**
   * Takes `bytes` from `from` up to `to`. They are not kept.
   * @throws EventStreamError when an event is longer than MAX_EVENT_BYTES, then and from then on.
   */
  feed(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.#refuseEndless();
    this.#sinceEvent += to - from;
    let lineFrom = from;
    if (this.#isAfterCr && from < to) {
      this.#isAfterCr = false;
      if (bytes[from] === LF) lineFrom++;
    }
    for (let at = lineFrom; at < to; at++) {
      const byte = bytes[at];
      if (byte !== LF && byte !== CR) continue;
      const end = at;
      if (byte === CR) {
        if (at + 1 === to) this.#isAfterCr = true;
        else if (bytes[at + 1] === LF) at++;
      }
      if (this.#heldLength > 0) this.#endHeldLine(bytes, lineFrom, end);
      else if (end > lineFrom) this.#readLine(bytes, lineFrom, end);
      else if (this.#data !== null) {
        this.#sinceEvent = to - at - 1;
        this.#endEvent(this.#data);
      }
      lineFrom = at + 1;
      this.#isFirstLine = false;
    }
    if (lineFrom < to) this.#hold(bytes, lineFrom, to);
    this.#refuseEndless();
  }

  #refuseEndless(): void {
    if (this.#sinceEvent > MAX_EVENT_BYTES)
      throw new EventStreamError(`an event is longer than ${MAX_EVENT_BYTES} bytes`);
  }

  /** A line that is not empty. Its end cannot lie within a character: it has a byte of its own. */
  #readLine(bytes: Uint8Array, from: number, to: number): void {
    const start = this.#isFirstLine && startsWith(bytes, from, to, BYTE_ORDER_MARK) ? from + 3 : from;
    if (!startsWith(bytes, start, to, NAME)) return;
    const colon = start + NAME.length;
    if (colon < to && bytes[colon] !== COLON) return;
    const value = colon + (bytes[colon + 1] === SPACE ? 2 : 1);
    const text = value < to ? textOf(bytes, value, to) : "";
    this.#data = this.#data === null ? text : `${this.#data}\n${text}`;
  }

  #endEvent(data: string): void {
    this.#data = null;
    this.#onData(data);
  }

  #hold(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#heldLength + to - from;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1024, length * 2));
      this.#held.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    this.#held.set(bytes.subarray(from, to), this.#heldLength);
    this.#heldLength = length;
  }

  #endHeldLine(bytes: Uint8Array, from: number, to: number): void {
    this.#hold(bytes, from, to);
    const length = this.#heldLength;
    this.#heldLength = 0;
    this.#readLine(this.#held, 0, length);
    if (this.#held.length > KEPT_BYTES) this.#held = EMPTY;
  }
}

function startsWith(bytes: Uint8Array, from: number, to: number, start: Uint8Array): boolean {
  if (to - from < start.length) return false;
  for (let at = 0; at < start.length; at++) if (bytes[from + at] !== start[at]) return false;
  return true;
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  // A view for each line of each stream would be as much garbage as its text.
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("utf8", from, to);
}

/**
 * When each event that carried a token was read, and how many tokens it carried. Thousands of streams add to theirs all
 * the time: a growing array of each would be copied by the garbage collector again and again, and nothing is read
 * meanwhile. These lie outside its heap, and are used again: what is allocated out there hastens a collection as well.
 */

/** Room for the reply of a chat; a longer one doubles it. */
const FIRST_ROOM = 256;
/** So many first rooms that nobody uses are kept: 16 MB. */
const MOST_SPARE = 4096;

const spare: Float64Array[] = [];

export class TokenEvents {
  length = 0;
  /** Pairs of a moment and a count. */
  #pairs: Float64Array | null = null;

  /** @param atMs monotonic milliseconds  @param tokens how many it carried; 0 where the server did not say */
  add(atMs: number, tokens: number): void {
    this.#pairs ??= spare.pop() ?? new Float64Array(2 * FIRST_ROOM);
    if (2 * this.length === this.#pairs.length) {
      const larger = new Float64Array(2 * this.#pairs.length);
      larger.set(this.#pairs);
      keep(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs[2 * this.length] = atMs;
    this.#pairs[2 * this.length + 1] = tokens;
    this.length++;
  }

  /** For whoever has read what there was to read: it holds nothing afterwards. */
  clear(): void {
    if (this.#pairs !== null) keep(this.#pairs);
    this.#pairs = null;
    this.length = 0;
  }

  /** @returns NaN where there is no such event */
  msAt(index: number): number {
    return index < this.length ? (this.#pairs?.[2 * index] ?? NaN) : NaN;
  }

  /** @returns NaN where there is no such event */
  tokensAt(index: number): number {
    return index < this.length ? (this.#pairs?.[2 * index + 1] ?? NaN) : NaN;
  }
}

function keep(pairs: Float64Array): void {
  if (pairs.length === 2 * FIRST_ROOM && spare.length < MOST_SPARE) spare.push(pairs);
}

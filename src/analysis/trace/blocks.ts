/**
 * A trace's inputs as blocks of tokens, numbered from 0 in the order of first use. Two calls share a block where all of
 * their input up to its end is alike. Where a block ends within a piece is known as well as the piece's own end is.
 */
import type { ModelCall } from "../../runs/schemas/agent-trace.ts";
import { hasCountedInput, pieceEnds } from "./positions.ts";

/**
 * The blocks of each call by its id, of the calls whose input the server counted.
 * @param last what becomes of a last block that is not full: `kept` as a block, or `dropped`.
 */
export function blocksOfCalls(
  calls: readonly ModelCall[],
  blockTokens: number,
  last: "kept" | "dropped",
): ReadonlyMap<number, number[]> {
  const ends = pieceEnds(calls);
  const numbers = new Map<number, number>();
  const numberOf = (key: number) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  return new Map(
    calls.filter(hasCountedInput).map((call) => {
      const blocks: number[] = [];
      const keys = blockKeys(call, ends, blockTokens, last);
      for (const key of keys) blocks.push(numberOf(key));
      return [call.id, blocks];
    }),
  );
}

/** More than any input has, and few enough that a piece and a place in it make one exact number. */
const MOST_TOKENS = 2 ** 26;

/** A block is known by the piece that its last token lies in, which stands for all before it, and by its end. */
function* blockKeys(
  { id, input_pieces, input_tokens }: ModelCall & { input_tokens: number },
  ends: ReadonlyMap<number, number>,
  blockTokens: number,
  last: "kept" | "dropped",
): Generator<number> {
  let place = 0;
  for (let from = 0; from < input_tokens; from += blockTokens) {
    const to = Math.min(input_tokens, from + blockTokens);
    if (to - from < blockTokens && last === "dropped") return;
    while (place < input_pieces.length && (ends.get(input_pieces[place]?.[0] ?? -1) ?? 0) < to) place++;
    const piece = input_pieces[place]?.[0];
    // Beyond what the pieces account for, the input is the call's own.
    yield piece === undefined ? -(id * MOST_TOKENS + to) : piece * MOST_TOKENS + to;
  }
}

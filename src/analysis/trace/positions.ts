/**
 * Where in the input, in tokens, each piece of a trace ends. A server counts only whole inputs: the end of a call's last
 * piece is exact. What lies between two exact ends is shared out by bytes. A piece stands for everything up to it, so it
 * has one end, the same for every call that holds it; which inputs begin alike survives.
 */
import type { ModelCall } from "../../runs/schemas/agent-trace.ts";

/** The end of each piece by its id, of the calls whose input the server counted. */
export function pieceEnds(calls: readonly ModelCall[]): ReadonlyMap<number, number> {
  const counted = calls.filter(hasCountedInput);
  const exact = new Map<number, number>();
  for (const { input_pieces, input_tokens } of counted) {
    const [last] = input_pieces.at(-1) ?? [];
    if (last !== undefined) exact.set(last, Math.min(input_tokens, exact.get(last) ?? Infinity));
  }
  const ends = new Map<number, number>();
  for (const { input_pieces, input_tokens } of counted) placePieces(input_pieces, input_tokens, exact, ends);
  return ends;
}

export type CountedCall = ModelCall & { input_tokens: number };

export function hasCountedInput(call: ModelCall): call is CountedCall {
  return call.input_tokens !== null;
}

/** The pieces of one call in their order; what an earlier call placed stays. */
function placePieces(
  pieces: ModelCall["input_pieces"],
  inputTokens: number,
  exact: ReadonlyMap<number, number>,
  ends: Map<number, number>,
): void {
  let from = 0;
  let waiting: [id: number, bytes: number][] = [];
  for (const [place, [id, bytes]] of pieces.entries()) {
    const known = ends.get(id) ?? exact.get(id);
    if (known === undefined && place < pieces.length - 1) {
      waiting.push([id, bytes]);
      continue;
    }
    const end = Math.min(inputTokens, Math.max(from, known ?? inputTokens));
    shareOut([...waiting, [id, bytes]], from, end, ends);
    waiting = [];
    from = ends.get(id) ?? end;
  }
}

/** Gives the stretch's tokens to its pieces by their bytes; the last one ends where the stretch does. */
function shareOut(
  pieces: readonly [id: number, bytes: number][],
  from: number,
  to: number,
  ends: Map<number, number>,
): void {
  const whole = pieces.reduce((sum, [, bytes]) => sum + bytes, 0);
  let before = 0;
  for (const [place, [id, bytes]] of pieces.entries()) {
    before += bytes;
    const share = whole === 0 || place === pieces.length - 1 ? 1 : before / whole;
    if (!ends.has(id)) ends.set(id, from + Math.round((to - from) * share));
  }
}

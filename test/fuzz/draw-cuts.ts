/** Where to cut a stream of bytes: nowhere, at a few points, or at every byte. */
import type { Random } from "../../src/random.ts";

export function drawCuts(random: Random, length: number): number[] {
  const kind = random.uniform();
  if (kind < 0.1) return Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);
  const cuts = Array.from({ length: 1 + random.integer(kind < 0.6 ? 2 : 8) }, () => random.integer(length + 1));
  // Equal neighbours are an empty piece, which a reader must bear too.
  return cuts.sort((a, b) => a - b);
}

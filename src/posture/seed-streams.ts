/**
 * A run's noise.seed becomes as many streams of bytes as there are labels, each always the same: HMAC-SHA-256 over the
 * label and a counter, keyed with the seed (the counter mode of NIST SP 800-108). Whoever lacks the seed cannot tell the
 * bytes from random ones; the seed stays in the run's directory and is in no payload.
 */
import { createHmac } from "node:crypto";
import type { NextByte } from "./noise-samplers.ts";

export const seedBytes = 32;

export type StreamOf = (label: string) => NextByte;

/** Null for a seed that is not `seedBytes` long. */
export function seedStreams(seed: Uint8Array): StreamOf | null {
  if (seed.length !== seedBytes) return null;
  return (label) => {
    let counter = 0n;
    let block = Buffer.alloc(0);
    let used = 0;
    return () => {
      if (used === block.length) {
        const position = Buffer.alloc(8);
        position.writeBigUInt64BE(counter++);
        // The zero byte ends the label, so that no label and counter read as another pair.
        block = createHmac("sha256", seed).update(label).update("\0").update(position).digest();
        used = 0;
      }
      return block[used++] as number;
    };
  };
}

import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seedStreams } from "./seed-streams.ts";

const seed = Uint8Array.from({ length: 32 }, (_, index) => index);

function take(streamSeed: Uint8Array, label: string, count: number): Buffer {
  const next = seedStreams(streamSeed)?.(label);
  if (next === undefined) throw new Error("no streams");
  return Buffer.from(Array.from({ length: count }, next));
}

describe("the streams of a seed", () => {
  it("are HMAC-SHA-256 over the label and a counter, block after block", () => {
    const block = (counter: number) =>
      createHmac("sha256", seed)
        .update(Buffer.from([...Buffer.from("a/b"), 0, 0, 0, 0, 0, 0, 0, 0, counter]))
        .digest();
    expect(take(seed, "a/b", 80)).toEqual(Buffer.concat([block(0), block(1), block(2)]).subarray(0, 80));
  });

  it("never change", () => {
    expect(take(seed, "inferguard", 16).toString("hex")).toBe("3d9247627d65f95b48a57c05f2343386");
    expect(take(seed, "x", 500)).toEqual(take(seed, "x", 500));
  });

  it("differ with the label, and with a single bit of the seed", () => {
    const other = Uint8Array.from(seed, (byte, index) => (index === 31 ? byte ^ 1 : byte));
    const streams = [take(seed, "x", 64), take(seed, "y", 64), take(seed, "x\0", 64), take(other, "x", 64)];
    expect(new Set(streams.map((bytes) => bytes.toString("hex"))).size).toBe(4);
  });

  it.each([0, 1, 31, 33, 64])("do not exist for a seed of %d bytes", (length) => {
    expect(seedStreams(new Uint8Array(length))).toBeNull();
  });
});

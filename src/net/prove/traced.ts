/** Tier traced: strace watches every system call for the network, of every process of the tree. */
import { join } from "node:path";
import { readRecord } from "./read-record.ts";
import { straceCommand } from "./strace.ts";
import type { PrepareTier } from "./tier.ts";

export const prepareTraced: PrepareTier = async ({ command, allowed, folder, resolver, whyNoStrace }) => {
  if (whyNoStrace !== null) return { reason: whyNoStrace };
  const record = join(folder, "record");
  const named = await allowed();
  return {
    command: straceCommand(record, command, "quick"),
    isWatched: true,
    blindSpots: [
      "what went over the connections that a flag allows",
      "what went through the standard streams that the command was given",
      "an address that a program changes between strace's look at it and the kernel's",
    ],
    finish: async (end) => ({ end, ...(await readRecord(record, named, resolver)) }),
    close() {},
  };
};

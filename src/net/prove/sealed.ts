/** Tier sealed, for commands that need no network: no socket of any family can be made. */
import { join } from "node:path";
import { readRecord } from "./read-record.ts";
import { findSeal, whyNotSealed } from "./seals.ts";
import { straceCommand } from "./strace.ts";
import type { PrepareTier } from "./tier.ts";

export const prepareSealed: PrepareTier = ({ command, authorities, folder, resolver, whyNoStrace }) => {
  const flags = authorities.map(({ flag }) => flag);
  if (flags.length > 0) return { reason: `the command uses the network (${flags.join(", ")})` };
  const found = findSeal(folder);
  if ("reason" in found) return found;
  const sealed = found.seal(folder, command);
  const record = join(folder, "record");
  const isWatched = whyNoStrace === null;
  return {
    // From outside, because a sealed process may watch no other.
    command: isWatched ? straceCommand(record, sealed, "thorough") : sealed,
    isWatched,
    blindSpots: [
      "what went through the standard streams that the command was given",
      ...(isWatched ? [] : ["what it tried in vain"]),
    ],
    async finish(end) {
      const whyNot = whyNotSealed(folder);
      const observed = isWatched ? await readRecord(record, [], resolver) : { destinations: [], doubts: [] };
      return {
        end,
        destinations: observed.destinations,
        doubts: [...(whyNot === null ? [] : [whyNot]), ...observed.doubts],
      };
    },
    close() {},
  };
};

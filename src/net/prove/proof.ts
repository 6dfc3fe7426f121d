/** What a proof says: which tier, what it claims, what was seen, and what could not be. */
import type { Destination } from "./destination.ts";
import type { CommandEnd } from "./run-command.ts";

/** From the weakest to the strongest. */
export const tiers = ["witness", "traced", "airlock", "sealed"] as const;
export type Tier = (typeof tiers)[number];

export type Verdict = "PASS" | "FAIL" | "INCOMPLETE";

export interface Proof {
  tier: Tier;
  verdict: Verdict;
  destinations: Destination[];
  /** Why the verdict is INCOMPLETE: each is something that this tier promises and that did not hold. */
  doubts: string[];
  /** strace watched as well; in the tiers above traced it shows what was tried. */
  isWatched: boolean;
  /** What this proof cannot see, one sentence each. */
  blindSpots: string[];
  /** Null when the command could not be started. */
  end: CommandEnd | null;
  kernel: string;
}

/** A stronger tier that was not used, and why. */
export interface Skipped {
  tier: Tier;
  reason: string;
}

/** What a PASS of each tier means. */
export const claims: Record<Tier, string> = {
  witness: "as the command's own process counted it, and nobody else watched",
  traced: "every system call for the network, of every process that the command started",
  airlock: "the command ran where no other destination exists",
  sealed: "the command ran where no socket of any kind can be made",
};

/** What every tier is given, and what it gives back. */
import type { Authority } from "../authority.ts";
import type { Gate } from "../gate.ts";
import type { Allowed, Destination } from "./destination.ts";
import type { Resolver } from "./resolver.ts";
import type { CommandEnd } from "./run-command.ts";

export interface Setting {
  /** The command line to prove, as it would run by itself. */
  command: readonly string[];
  authorities: readonly Authority[];
  /** The same, with their addresses. Looks names up when it is first called. */
  allowed(): Promise<readonly Allowed[]>;
  /** Counts what this program itself does: look-ups, and the connections of an airlock. */
  gate: Gate;
  resolver: Resolver;
  /** A private directory that is gone afterwards. */
  folder: string;
  /** Null when strace can watch. */
  whyNoStrace: string | null;
}

/** A tier that works here, ready to run. */
export interface Prepared {
  /** What to start in place of the command. */
  command: string[];
  isWatched: boolean;
  blindSpots: string[];
  /** Called once the command is over. */
  finish(end: CommandEnd | null): Promise<Outcome> | Outcome;
  /** Called on every way out. */
  close(): void;
}

export interface Outcome {
  end: CommandEnd | null;
  destinations: Destination[];
  /** Why what the tier promises may not have held. */
  doubts: string[];
}

/** Makes a tier ready, or says why it is not to be had here. */
export type PrepareTier = (setting: Setting) => Promise<Possible> | Possible;

type Possible = Prepared | { reason: string };

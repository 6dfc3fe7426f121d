/** What every command of the command line shares. */
import type { EgressRecord } from "../runs/schemas/egress.ts";
import type { NamedDestinations } from "./named-destinations.ts";
import type { Terminal } from "./terminal.ts";

export interface CommandContext {
  terminal: Terminal;
  /** Print one JSON document on stdout instead of text. */
  json: boolean;
  /** Aborts at Ctrl-C, SIGTERM and SIGHUP. */
  signal: AbortSignal;
  /** Signals are a child's while it runs. */
  giveSignalsTo(this: void, receiver: (name: NodeJS.Signals) => void): { take(): void };
  /** This program's own file, to start another process of it. */
  bin: string;
  /** What another command line of this program names, without running it. */
  destinationsIn(this: void, args: readonly string[]): Promise<NamedDestinations & { name: string }>;
  /** What the command reached; null for one that reaches nothing. */
  egress: EgressRecord | null;
  /** What the process will exit with: an ExitCode, or what a child that stands for this program ended with. */
  exitCode: number;
}

/** Where runs are, unless --runs-dir says otherwise. */
export const DEFAULT_RUNS_DIR = "./inferguard-runs";

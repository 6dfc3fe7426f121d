/**
 * What a command line names: the authorities that its flags give, found by the parser that would run it, without running
 * it. For `telemetry prove`, which has to know before the command starts what it may reach.
 */
import type { Command } from "commander";
import type { Authority } from "../net/authority.ts";

export interface NamedDestinations {
  authorities: readonly Authority[];
  /** Of --resolve. */
  resolve: readonly { host: string; port: number; address: string }[];
}

const finders = new WeakMap<Command, (flags: never) => NamedDestinations>();

/** Said beside a command's action, from the same flags. A command that does not say it names nothing. */
export function namesDestinations(command: Command, find: (flags: never) => NamedDestinations): void {
  finders.set(command, find);
}

/** @throws what the parser throws for a command line that it does not understand. */
export async function destinationsIn(
  program: Command,
  args: readonly string[],
): Promise<NamedDestinations & { name: string }> {
  const found = { name: "help", authorities: [] as readonly Authority[], resolve: [] as NamedDestinations["resolve"] };
  const stop = new Error("parsed, and not to be run");
  program.hook("preAction", (_program, command) => {
    found.name = nameOf(command);
    Object.assign(found, finders.get(command)?.(command.opts()));
    throw stop;
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // --help is answered by the parser itself, with exit code 0.
    if (error !== stop && (error as { exitCode?: unknown }).exitCode !== 0) throw error;
  }
  return found;
}

/** `telemetry status`, without the program's own name. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

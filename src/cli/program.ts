/**
 * The command line: which commands there are, and what happens around every one of them: signals, errors, exit codes.
 * The flags of a command and the authorities they mint are in its own file; what it does is in src/commands, loaded when
 * it is asked for.
 */
import { realpathSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { type ExitCode, exitCode, messageOf, UserError } from "../errors.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import { version } from "../version.ts";
import type { CommandContext } from "./context.ts";
import { drawingEnvironment } from "./environment.ts";
import { destinationsIn } from "./named-destinations.ts";
import { watchSignals } from "./signals.ts";
import { addTelemetry } from "./telemetry-command.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { wantedOf } from "./wanted-commands.ts";

/** Runs one command line, without the program's name, and returns what the process is to exit with. */
export async function runCli(args: readonly string[]): Promise<number> {
  // What comes after -- is another command's.
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const signals = watchSignals();
  const terminal = createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    env: drawingEnvironment(),
    // Read off the arguments, because a command line that cannot be parsed is answered through the terminal too.
    json: own.includes("--json"),
    quiet: own.includes("--quiet"),
    about: { version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
  });
  const context: CommandContext = {
    terminal,
    json: own.includes("--json"),
    signal: signals.signal,
    giveSignalsTo: signals.giveTo,
    get bin() {
      return realpathSync(process.argv[1] ?? "");
    },
    destinationsIn: async (inner) => destinationsIn(await buildProgram(inner, quietly(context)), inner),
    egress: null,
    exitCode: exitCode.ok,
  };
  let form: string | undefined;
  try {
    const program = await buildProgram(args, context);
    program.hook("preAction", (_program, command) => {
      form = command.opts<{ egressReport?: string }>().egressReport;
    });
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    context.exitCode = answerError(error, context);
  }
  if (form !== undefined) await sayEgress(form, context);
  else if (context.egress !== null) await sumUpEgress(context.egress, terminal);
  const failure = await terminal.close();
  if (failure !== null && context.exitCode === exitCode.ok) context.exitCode = terminal.error(failure);
  signals.stop();
  return signals.exitCode ?? context.exitCode;
}

/** In the order of the help. Files are loaded when their command is asked for; one for the few flags of telemetry would cost more. */
const commands: Readonly<Record<string, () => AddCommand | Promise<AddCommand>>> = {
  bench: async () => (await import("./bench-command.ts")).addBench,
  trace: async () => (await import("./trace-command.ts")).addTrace,
  report: async () => (await import("./report-command.ts")).addReport,
  runs: async () => (await import("./runs-command.ts")).addRuns,
  daemon: async () => (await import("./daemon-command.ts")).addDaemon,
  telemetry: () => addTelemetry,
  mimic: async () => (await import("./mimic-command.ts")).addMimic,
};

type AddCommand = (program: Command, context: CommandContext, args: readonly string[]) => void | Promise<void>;

/** A parser of this command line: with the command that it begins with, or with all of them, for help and suggestions. */
export async function buildProgram(args: readonly string[], context: CommandContext): Promise<Command> {
  const program = new Command("inferguard")
    .description(
      "Loads an OpenAI-compatible endpoint, reads its metrics meanwhile, and says what it does.\n" +
        "No telemetry. No network calls outside the endpoints that you pass via flags.",
    )
    .version(version, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.write(text),
      // Errors are answered below, in one way for all of them; what is left is the help of a command without its second word.
      writeErr: (text) => {
        if (text.startsWith("Usage:")) context.terminal.write(text);
      },
    })
    .showSuggestionAfterError()
    .addHelpText("after", "\nExample:\n  inferguard bench --endpoint http://127.0.0.1:8000\n");
  for (const load of wantedOf(commands, args[0] ?? "")) await (await load())(program, context, args);
  for (const command of leavesOf(program))
    command
      .optionsGroup("How to answer:")
      .option("--json", "print one JSON document on standard output", false)
      .option("--quiet", "print no progress and no remarks", false)
      .option("--egress-report <form>", "say at the end what was reached: json, text, or a file.json", egressForm)
      .exitOverride();
  return program;
}

/** For a command line that is only looked at: its help, if that is what it asks for, is not to be seen. */
function quietly(context: CommandContext): CommandContext {
  return { ...context, terminal: { ...context.terminal, write: () => {} } };
}

function egressForm(text: string): string {
  if (text === "json" || text === "text" || text.endsWith(".json")) return text;
  throw new UserError(`--egress-report ${JSON.stringify(text)} is not json, text or a file that ends in .json`);
}

async function sayEgress(form: string, { terminal, egress }: CommandContext): Promise<void> {
  try {
    const { egressReport } = await import("../commands/egress-report.ts");
    terminal.aside(await egressReport(form, egress));
  } catch (error) {
    terminal.warning(`the record of what was reached cannot be written: ${messageOf(error)}`);
  }
}

/** The last line of every command that may use the network. */
async function sumUpEgress(egress: EgressRecord, terminal: Terminal): Promise<void> {
  const { egressLine } = await import("../commands/egress-report.ts");
  terminal.remark(egressLine(egress));
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function answerError(error: unknown, context: CommandContext): ExitCode {
  if (!(error instanceof CommanderError)) return context.terminal.error(error);
  if (error.exitCode === 0) return exitCode.ok;
  // Help that was asked for by giving no command; it has been written.
  if (error.code === "commander.help") return exitCode.usage;
  const [first = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  return context.terminal.error(
    new UserError(first, { hint: suggestion?.replace(/[()]/g, "") ?? "see inferguard --help" }),
  );
}

/** The flags of `inferguard telemetry`. */
import type { Command } from "commander";
import { type CommandContext, DEFAULT_RUNS_DIR } from "./context.ts";
import { wantedOf } from "./wanted-commands.ts";

type AddSubcommand = (telemetry: Command, context: CommandContext) => void;

/** In the order of the help. */
const subcommands: Readonly<Record<string, () => AddSubcommand | Promise<AddSubcommand>>> = {
  status: () => addStatus,
  enable: async () => (await import("./telemetry-consent-commands.ts")).addEnable,
  disable: async () => (await import("./telemetry-consent-commands.ts")).addDisable,
  log: async () => (await import("./telemetry-log-command.ts")).addLog,
  "verify-payload": () => addVerifyPayload,
  audit: () => addAudit,
  prove: async () => (await import("./prove-command.ts")).addProve,
};

/** With the subcommand that comes next, or with all of them, for help and suggestions. */
export async function addTelemetry(
  program: Command,
  context: CommandContext,
  [, next = ""]: readonly string[],
): Promise<void> {
  const telemetry = program
    .command("telemetry")
    .summary("what leaves this machine")
    .description("The telemetry posture of this program.")
    .addHelpText("after", "\nExample:\n  inferguard telemetry status\n");
  for (const load of wantedOf(subcommands, next)) (await load())(telemetry, context);
}

function addStatus(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("status")
    .description("Says whether telemetry is on and why, without touching the network or the disk.")
    .addHelpText("after", "\nExample:\n  inferguard telemetry status --json\n")
    .action(async () => {
      const { telemetryStatus } = await import("../commands/telemetry-status.ts");
      const { document, lines, warnings } = telemetryStatus();
      for (const warning of warnings) context.terminal.warning(warning);
      context.terminal.answer({ json: () => document, lines: () => lines });
    });
}

function addVerifyPayload(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("verify-payload")
    .description(
      "Shows the exact payload that a run would have, what it leaves out, and why it cannot be sent.\n" +
        "Nothing is sent and nothing is written; it works while telemetry is disabled.",
    )
    .argument("<run>", "a run id, the start of one, latest, the directory of a run, or a pending payload's file")
    .option("--runs-dir <path>", "where runs are looked for", DEFAULT_RUNS_DIR)
    .option("--show-prompts", "also show the prompts of a run that kept them; never what was answered", false)
    .addHelpText("after", "\nExample:\n  inferguard telemetry verify-payload latest\n")
    .action(async (argument: string, flags: { runsDir: string; showPrompts: boolean }) => {
      const { telemetryVerifyPayload } = await import("../commands/telemetry-verify-payload.ts");
      const verified = await telemetryVerifyPayload({ argument, ...flags });
      context.terminal.answer({ json: () => verified.document, lines: () => verified.lines });
      context.exitCode = verified.exitCode;
    });
}

function addAudit(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("audit")
    .description("Reads the built files of this program and lists all that their code can do beside computing.")
    .argument("[directory]", "the installed package to audit instead, such as a copy that you do not trust")
    .addHelpText("after", "\nExample:\n  inferguard telemetry audit\n")
    .action(async (directory: string | undefined) => {
      const { telemetryAudit } = await import("../commands/telemetry-audit.ts");
      const audit = telemetryAudit(directory);
      context.terminal.answer({ json: () => audit.document, lines: () => audit.lines });
      context.exitCode = audit.exitCode;
    });
}

/** The flags of `inferguard telemetry enable` and `disable`, and the question that enable asks. */
import type { Command } from "commander";
import { exitCode, UserError } from "../errors.ts";
import type { CommandContext } from "./context.ts";

export function addEnable(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("enable")
    .description(
      "Asks for your consent to write telemetry payloads to this machine's disk, and shows first what they hold.\n" +
        "No upload exists in this release: nothing is sent.",
    )
    .option("--yes", "give consent without being asked, as a script has to", false)
    .option("--consent-token-file <path>", "keep this file's token with the consent; - reads standard input")
    .addHelpText("after", "\nExample:\n  inferguard telemetry enable\n")
    .action((flags: EnableFlags) => enable(flags, context));
}

export function addDisable(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("disable")
    .description(
      "Says no to telemetry: deletes the consent and the pending payloads, and keeps that you said no.\n" +
        "It needs no network, works in any state, and can be repeated.",
    )
    .option("--keep-pending", "do not delete the payloads in uploads-pending", false)
    .addHelpText("after", "\nExample:\n  inferguard telemetry disable\n")
    .action(async (flags: { keepPending: boolean }) => {
      const { disableTelemetry } = await import("../commands/telemetry-disable.ts");
      const { document, lines, warnings } = await disableTelemetry(flags);
      for (const warning of warnings) context.terminal.warning(warning);
      context.terminal.answer({ json: () => document, lines: () => lines });
    });
}

interface EnableFlags {
  yes: boolean;
  quiet: boolean;
  consentTokenFile?: string;
}

async function enable(flags: EnableFlags, context: CommandContext): Promise<void> {
  const { canAsk, confirm } = await import("./confirm.ts");
  const { alreadyEnabled, enableTelemetry, planEnable } = await import("../commands/telemetry-enable.ts");
  const { disclosure, inForce } = planEnable();
  const { consentTokenFile: tokenFile } = flags;
  if (inForce !== null && tokenFile === undefined) {
    const { document, lines } = alreadyEnabled(inForce);
    context.terminal.answer({ json: () => document, lines: () => lines });
    return;
  }
  if (!flags.yes && !canAsk(flags))
    throw new UserError("nobody can be asked for consent: there is no terminal, or --quiet hides the question", {
      hint: "read `inferguard telemetry enable` on a terminal, then give --yes where there is none",
    });
  const token = tokenFile === undefined ? null : await secretIn(tokenFile);
  if (flags.yes) for (const line of disclosure) context.terminal.remark(line);
  else if (!(await confirm(disclosure, "enable", context))) {
    throw new UserError("declined: telemetry stays as it was, and nothing was written", { exitCode: exitCode.bad });
  }
  const { document, lines } = await enableTelemetry(token);
  context.terminal.answer({ json: () => document, lines: () => lines });
}

async function secretIn(path: string): Promise<string> {
  const { readSecret } = await import("./secret-flag.ts");
  return readSecret("--consent-token-file", path);
}

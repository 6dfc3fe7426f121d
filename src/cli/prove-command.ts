/** The flags of `inferguard telemetry prove`. The command after them is parsed as if it were typed by itself. */
import { type Command, Option } from "commander";
import { UserError } from "../errors.ts";
import type { CommandContext } from "./context.ts";

interface ProveFlags {
  tier?: "witness" | "traced" | "airlock" | "sealed";
  reveal: boolean;
  attestation?: string;
}

export function addProve(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("prove")
    .description(
      "Runs another command of this program while the kernel's own means watch or bound what it reaches, and says what\n" +
        "that was, by the flag that allowed it. The strongest of these tiers that there is here is taken, and named:\n" +
        "sealed (no socket can be made), airlock (only its endpoints exist), traced (every system call is watched),\n" +
        "witness (nobody watches but the command itself).",
    )
    .argument("<command...>", "after --, the command to prove, as it would be typed without inferguard")
    .addOption(new Option("--tier <tier>", "this tier or nothing").choices(["witness", "traced", "airlock", "sealed"]))
    .option("--reveal", "name hosts and addresses in the statement", false)
    .option("--attestation <file>", "where to write the statement (default: a name with the time, in this directory)")
    .addHelpText(
      "after",
      "\nExamples:\n  inferguard telemetry prove -- bench --endpoint http://127.0.0.1:8000\n  inferguard telemetry prove --tier sealed -- telemetry status\n",
    )
    .action(async (args: string[], flags: ProveFlags) => {
      const named = await context.destinationsIn(args);
      if (named.name === "telemetry prove")
        throw new UserError("telemetry prove cannot prove itself", { hint: "give it another command after --" });
      const { telemetryProve } = await import("../commands/telemetry-prove.ts");
      const proved = await telemetryProve({
        bin: context.bin,
        command: { ...named, args },
        tier: flags.tier ?? null,
        reveal: flags.reveal,
        attestationFile: flags.attestation ?? null,
        signal: context.signal,
        egress: (record) => {
          context.egress = record;
        },
      });
      context.terminal.answer({ json: () => proved.document, lines: () => proved.lines });
      context.exitCode = proved.exitCode;
    });
}

/** The flags of `inferguard telemetry log`. */
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { wholeNumber } from "./flag-values.ts";
import { readSecret } from "./secret-flag.ts";

export function addLog(telemetry: Command, context: CommandContext): void {
  telemetry
    .command("log")
    .description("Shows what was decided about telemetry and which payloads were written, from the ledger.")
    .option("--last <n>", "how many entries are shown, the newest", wholeNumber("--last"), 50)
    .option("--verify", "check that the ledger is whole; exit code 1 when it is not", false)
    .option("--expect-head <hash>", "also check that it continues the head that you kept", headFlag)
    .option("--seed-file <path>", "also check every MAC, with the seed that enable showed; - reads standard input")
    .addHelpText("after", "\nExample:\n  inferguard telemetry log --verify\n")
    .action(async ({ seedFile, ...flags }: LogFlags) => {
      const { telemetryLog } = await import("../commands/telemetry-log.ts");
      const seed = seedFile === undefined ? undefined : seedIn(await readSecret("--seed-file", seedFile));
      const { document, lines, exitCode: code } = telemetryLog({ ...flags, ...(seed !== undefined && { seed }) });
      context.terminal.answer({ json: () => document, lines: () => lines });
      context.exitCode = code;
    });
}

interface LogFlags {
  last: number;
  verify: boolean;
  expectHead?: string;
  seedFile?: string;
}

function headFlag(text: string): string {
  const head = text.trim().toLowerCase();
  if (!isHash.test(head))
    throw new UserError(`--expect-head ${JSON.stringify(text)} is not a head`, {
      hint: "a head has 64 hexadecimal digits",
    });
  return head;
}

/** What the file holds may be another secret, so it is not shown. */
function seedIn(text: string): string {
  const seed = text.trim().toLowerCase();
  if (!isHash.test(seed))
    throw new UserError("what --seed-file names is not a seed", { hint: "a seed has 64 hexadecimal digits" });
  return seed;
}

const isHash = /^[0-9a-f]{64}$/;

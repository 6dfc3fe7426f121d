/** The flags of `inferguard runs`. */
import type { Command } from "commander";
import { type CommandContext, DEFAULT_RUNS_DIR } from "./context.ts";

export function addRuns(program: Command, context: CommandContext): void {
  const runs = program
    .command("runs")
    .summary("list and show runs")
    .description("The run store: directories that bench has written.")
    .addHelpText("after", "\nExample:\n  inferguard runs list\n");
  runs
    .command("list")
    .description("Lists every run, the newest first.")
    .option("--runs-dir <path>", "where runs are looked for", DEFAULT_RUNS_DIR)
    .addHelpText("after", "\nExample:\n  inferguard runs list\n")
    .action(async (flags: { runsDir: string }) => {
      const { listRunsView } = await import("../commands/runs-list.ts");
      const { terminalLines } = await import("../report/terminal.ts");
      const { document, view } = await listRunsView(flags.runsDir);
      context.terminal.answer({ json: () => document, lines: (style) => terminalLines(view, style) });
    });
  runs
    .command("show")
    .description("Shows one run: its manifest and its files.")
    .argument("[run]", "a run id, the start of one, a directory, or latest", "latest")
    .option("--runs-dir <path>", "where runs are looked for", DEFAULT_RUNS_DIR)
    .addHelpText("after", "\nExample:\n  inferguard runs show latest\n")
    .action(async (run: string, flags: { runsDir: string }) => {
      const { showRun } = await import("../commands/runs-show.ts");
      const { terminalLines } = await import("../report/terminal.ts");
      const { document, view } = await showRun(flags.runsDir, run);
      context.terminal.answer({ json: () => document, lines: (style) => terminalLines(view, style) });
    });
}

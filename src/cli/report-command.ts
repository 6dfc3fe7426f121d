/** The flags of `inferguard report`. */
import { type Command, Option } from "commander";
import { type ReportFormat, reportFormats } from "../commands/report/formats.ts";
import { type CommandContext, DEFAULT_RUNS_DIR } from "./context.ts";

export function addReport(program: Command, context: CommandContext): void {
  program
    .command("report")
    .summary("render a run again from its directory")
    .description(
      "Renders a run again from what is on disk: a run id, the start of one, a directory, or latest.\n" +
        "Every run has terminal, md and json, and one of bench or trace csv. A run of trace also has html (one offline\n" +
        "page), dot (Graphviz), otlp-json (OpenTelemetry), mooncake and weka (lengths, times and blocks, for bench --input\n" +
        "to replay). Of a run of daemon the last day of its history is shown.",
    )
    .argument("[run]", "which run", "latest")
    .addOption(new Option("--format <format>", "how to render it").choices(reportFormats).default("terminal"))
    .option("--runs-dir <path>", "where runs are looked for", DEFAULT_RUNS_DIR)
    .addHelpText(
      "after",
      "\nExamples:\n  inferguard report latest\n  inferguard report 20261123-1612 --format md > report.md\n" +
        "  inferguard report latest --format html > trace.html\n" +
        "  inferguard report latest --format mooncake > trace.jsonl\n",
    )
    .action(async (run: string, flags: { format: ReportFormat; runsDir: string }) => {
      const { report } = await import("../commands/report.ts");
      const { terminalLines } = await import("../report/terminal.ts");
      const rendered = await report({ runsDir: flags.runsDir, run, format: context.json ? "json" : flags.format });
      if ("view" in rendered)
        return context.terminal.answer({ json: () => "", lines: (style) => terminalLines(rendered.view, style) });
      if (rendered.remark !== null) context.terminal.remark(rendered.remark);
      context.terminal.write(rendered.text);
    });
}

/** The flags of `inferguard mimic`. */
import { type Command, Option } from "commander";
import { type Authority, mintAuthority } from "../net/authority.ts";
import type { CommandContext } from "./context.ts";
import { wholeNumber } from "./flag-values.ts";
import { namesDestinations } from "./named-destinations.ts";

interface MimicFlags {
  host: string;
  port: number;
  profile: string;
  seed: string;
  engine: "vllm" | "sglang";
  model?: string;
  fault?: string;
  requireKey?: string;
  recordWrites?: boolean;
  untilStdinEnds?: boolean;
}

export function addMimic(program: Command, context: CommandContext): void {
  const command = program
    .command("mimic")
    .summary("serve the simulated engine on loopback")
    .description(
      "Serves a simulated engine with an OpenAI-compatible API and vLLM's metrics, on loopback, until it is stopped.",
    )
    .option("--host <address>", "the loopback address to listen on", "127.0.0.1")
    .option("--port <n>", "the port to listen on; 0 takes a free one", wholeNumber("--port", 0, 65_535), 8000)
    .option("--profile <name>", "which engine and GPU to simulate", "demo")
    .addOption(
      new Option("--engine <name>", "whose metric names /metrics has").choices(["vllm", "sglang"]).default("vllm"),
    )
    .option("--seed <text>", "makes the same replies and times again", "0")
    .option("--model <name>", "the model name to serve")
    .option("--fault <name>", "misbehave in this way on every request (see docs/mimic.md)")
    .option("--require-key <key>", "answer 401 to requests without this bearer token")
    .option("--record-writes", "put the monotonic time of its write into every token event")
    .addOption(new Option("--until-stdin-ends", "stop when standard input ends").hideHelp())
    .addHelpText("after", "\nExamples:\n  inferguard mimic\n  inferguard mimic --port 9000 --fault reset-mid-stream\n")
    .action(async (flags: MimicFlags) => {
      const authority = authorityOf(flags);
      const { mimic } = await import("../commands/mimic.ts");
      const { recordOfNothing } = await import("../commands/egress-report.ts");
      await mimic(
        { ...flags, authority, stdin: flags.untilStdinEnds === true ? process.stdin : null },
        context.signal,
        (started) => {
          if (context.json) context.terminal.write(`${JSON.stringify(started)}\n`);
          else
            context.terminal.write(
              `Simulated engine (${started.profile}) on ${started.url}, model ${started.model}. Ctrl-C stops it.\n`,
            );
        },
      );
      context.egress = recordOfNothing();
    });
  namesDestinations(command, (flags: MimicFlags) => ({ authorities: [authorityOf(flags)], resolve: [] }));
}

function authorityOf({ host, port }: MimicFlags): Authority {
  return mintAuthority("loopback-mimic", host, port, "--port");
}

/** The flags of `inferguard daemon`. */
import { type Command, Option } from "commander";
import type { CommandContext } from "./context.ts";
import { controlPlace } from "./control-place.ts";
import { type DaemonFlags, daemonDestinations, daemonOptions } from "./daemon-options.ts";
import * as flag from "./flag-values.ts";
import { namesDestinations } from "./named-destinations.ts";

export function addDaemon(program: Command, context: CommandContext): void {
  const daemon = program
    .command("daemon")
    .summary("watch endpoints over time, on this machine only")
    .description(
      "A sidecar that watches endpoints and growing runs for as long as you like, and can be asked about them.",
    )
    .addHelpText("after", "\nExample:\n  inferguard daemon start --metrics-url http://127.0.0.1:8000/metrics\n");
  addStart(daemon, context);
  addStatus(daemon, context);
  addShow(daemon, context);
  addLogs(daemon, context);
  addStop(daemon, context);
}

/** Beside the port of NVIDIA's exporter, 9400, and below those that the kernel gives out. */
const DEFAULT_PORT = 19_400;

function addStart(daemon: Command, context: CommandContext): void {
  const command = daemon
    .command("start")
    .description(
      "Starts the daemon: detached from this terminal, or with --foreground under a supervisor such as systemd.\n" +
        "It watches what these flags name and nothing else. Prometheus finds its /metrics on 127.0.0.1, with a token.",
    )
    .optionsGroup("What to watch:")
    .option("--metrics-url <[role=]url>", "an engine's metrics; can be repeated", flag.collect(String))
    .option("--gpu-metrics-url <url>", "a GPU exporter's metrics; can be repeated", flag.collect(String))
    .option(
      "--runs-dir <path>",
      "growing runs there are followed, and the daemon's own is made there (default: ./inferguard-runs)",
    )
    .addOption(
      new Option("--interval <time>", "how often each endpoint is read")
        .argParser(flag.duration("--interval", 100))
        .default(5000, "5s"),
    )
    .option("--gpus <n>", "GPUs behind the endpoints", flag.wholeNumber("--gpus"))
    .option("--ca-file <file.pem>", "trust these certificate authorities too")
    .option("--insecure", "do not check the servers' certificates")
    .option(
      "--resolve <host:port:address>",
      "use this address and look nothing up; can be repeated",
      flag.collect(flag.resolveOverride("--resolve")),
    )
    .optionsGroup("What to keep:")
    .addOption(
      new Option("--retain <time>", "how far back the history goes")
        .argParser(flag.retention("--retain"))
        .default(30 * 86_400_000, "30d"),
    )
    .addOption(
      new Option("--max-disk <size>", "how much of the disk the history may take")
        .argParser(flag.byteSize("--max-disk", 1_000_000))
        .default(1_000_000_000, "1GB"),
    )
    .optionsGroup("How to run:")
    .option(
      "--port <n>",
      "the port of 127.0.0.1 for /metrics; 0 takes a free one",
      flag.wholeNumber("--port", 0, 65_535),
      DEFAULT_PORT,
    )
    .option("--foreground", "stay in this terminal, or under a supervisor", false)
    .addOption(new Option("--detached", "standard error is the log's own file").hideHelp())
    .addHelpText("after", startExamples)
    .action(async (flags: DaemonFlags) => {
      const { startDaemon } = await import("./run-daemon.ts");
      context.exitCode = await startDaemon(flags, await daemonOptions(flags), context);
    });
  namesDestinations(command, daemonDestinations);
}

const startExamples = `
Examples:
  inferguard daemon start --metrics-url http://127.0.0.1:8000/metrics
  inferguard daemon start --metrics-url prefill=http://10.0.0.7:8000/metrics --gpu-metrics-url http://10.0.0.7:9400/metrics
`;

function addStatus(daemon: Command, context: CommandContext): void {
  const command = daemon
    .command("status")
    .description(
      "Asks the running daemon what it watches, how that goes, and what it reached.\n" +
        "Exit code 0: it runs. 1: it does not answer, or was killed. 3: there is none.",
    )
    .addHelpText("after", "\nExample:\n  inferguard daemon status --json\n")
    .action(async () => {
      const { daemonStatus } = await import("../commands/daemon-status.ts");
      const { document, lines, exitCode } = await daemonStatus(controlPlace("daemon status"), around(context));
      context.terminal.answer({ json: () => document, lines: () => lines });
      context.exitCode = exitCode;
    });
  namesDestinations(command, () => socketOf("daemon status"));
}

function addShow(daemon: Command, context: CommandContext): void {
  const command = daemon
    .command("show")
    .description("Shows the watched series: load, latency, KV cache, queue and GPUs, for each endpoint.")
    .addOption(
      new Option("--since <time>", "how far back").argParser(flag.retention("--since")).default(3_600_000, "1h"),
    )
    .addHelpText("after", "\nExample:\n  inferguard daemon show --since 15m\n")
    .action(async ({ since }: { since: number }) => {
      const { daemonShow } = await import("../commands/daemon-show.ts");
      const { terminalLines } = await import("../report/terminal.ts");
      const { text, view } = await daemonShow(controlPlace("daemon show"), since, around(context));
      context.terminal.answer({ json: () => text, lines: (style) => terminalLines(view, style) });
    });
  namesDestinations(command, () => socketOf("daemon show"));
}

function addLogs(daemon: Command, context: CommandContext): void {
  daemon
    .command("logs")
    .description("Prints the daemon's log, also of one that is gone.")
    .option("--follow", "go on with what comes, until Ctrl-C", false)
    .addHelpText("after", "\nExample:\n  inferguard daemon logs --follow\n")
    .action(async ({ follow }: { follow: boolean }) => {
      const { daemonLogs } = await import("../commands/daemon-logs.ts");
      const lines: string[] = [];
      const { directory } = controlPlace("daemon logs");
      const write = (text: string) => (context.json ? void lines.push(text) : context.terminal.write(text));
      await daemonLogs(directory, { follow: follow && !context.json, signal: context.signal, write });
      if (context.json) context.terminal.write(`${JSON.stringify(lines.join("").split("\n").slice(0, -1))}\n`);
    });
}

function addStop(daemon: Command, context: CommandContext): void {
  const command = daemon
    .command("stop")
    .description("Asks the daemon to end in good order, and waits until it has.")
    .addHelpText("after", "\nExample:\n  inferguard daemon stop\n")
    .action(async () => {
      const { daemonStop } = await import("../commands/daemon-stop.ts");
      const { pid, wasGone } = await daemonStop(controlPlace("daemon stop"), around(context));
      const who = `The daemon${pid === null ? "" : ` with pid ${pid}`}`;
      context.terminal.answer({
        json: () => `${JSON.stringify({ stopped: true, pid, was_gone: wasGone })}\n`,
        lines: () => [wasGone ? `${who} was gone already.` : `${who} has stopped.`],
      });
    });
  namesDestinations(command, () => socketOf("daemon stop"));
}

function socketOf(command: string) {
  return { authorities: [controlPlace(command).socket], resolve: [] };
}

function around(context: CommandContext) {
  return {
    signal: context.signal,
    egress: (record: CommandContext["egress"]) => {
      context.egress = record;
    },
  };
}

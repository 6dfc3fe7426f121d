/** The flags of `inferguard bench`, as they are typed and as help shows them. */
import { type Command, Option } from "commander";
import { refuseWords } from "./bench-contradictions.ts";
import type { BenchFlags } from "./bench-flags.ts";
import { benchOptions } from "./bench-options.ts";
import { destinationsOf } from "./bench-destinations.ts";
import { type CommandContext, DEFAULT_RUNS_DIR } from "./context.ts";
import * as flag from "./flag-values.ts";
import { namesDestinations } from "./named-destinations.ts";

export function addBench(program: Command, context: CommandContext): void {
  const command = program
    .command("bench")
    .summary("load an endpoint, scrape it meanwhile, and report")
    .description(
      "Loads an OpenAI-compatible endpoint with streaming requests, scrapes its metrics meanwhile, and reports.\n" +
        "Without --endpoint it loads the built-in simulated engine (the mimic); every number is then synthetic.",
    )
    .optionsGroup("What to load:")
    .option("--endpoint <url>", "the server, with or without /v1 and a path prefix; a whole API URL is taken as it is")
    .option("--model <name>", "the model to ask for (default: asked of the server when it serves one)")
    .addOption(
      new Option("--api <api>", "which API to load (default: chat, or what --endpoint ends in)").choices([
        "chat",
        "completions",
      ]),
    )
    .option(
      "--header <'Name: value'>",
      "a further request header; can be repeated",
      flag.collect(flag.header("--header")),
    )
    .option("--header-file <path>", "further request headers, one on each line")
    .option("--api-key-env <name>", "send the key in this environment variable as a bearer token")
    .option("--api-key-file <path>", "send the key in this file as a bearer token")
    .option("--allow-plaintext-key", "send the key over plain http to a host that is not loopback")
    .option("--body <file.json>", "members to merge into each request; null takes one out")
    .option("--no-stream-usage", "do not ask for the server's token counts")
    .option("--ca-file <file.pem>", "trust these certificate authorities too")
    .option("--insecure", "do not check the server's certificate")
    .option(
      "--resolve <host:port:address>",
      "use this address and look nothing up; can be repeated",
      flag.collect(flag.resolveOverride("--resolve")),
    )
    .option("--proxy <url>", "make every connection through this HTTP proxy (CONNECT), and none but to it")
    .option("--proxy-header-file <path>", "headers for the proxy alone, such as Proxy-Authorization, one on each line")
    .addOption(
      new Option("--connections <how>", "keep connections between requests, or open one for each")
        .choices(["reuse", "new"])
        .default("reuse"),
    )
    .optionsGroup("How hard, and how long:")
    .option(
      "--concurrency <n[,n...]>",
      "closed loop: requests in flight; each number is a load level (default: 8)",
      flag.listOf(flag.wholeNumber("--concurrency", 1, MOST_IN_FLIGHT)),
    )
    .option(
      "--rate <n[,n...]>",
      "open loop: requests per second; each number is a load level",
      flag.listOf(flag.positiveNumber("--rate")),
    )
    .option(
      "--arrival <process>",
      "open loop: constant, poisson or gamma:CV (default: poisson); or trace: at the times of --input",
      flag.arrival("--arrival"),
    )
    .option(
      "--requests <n>",
      "measured requests per load level (default for a trace: the whole of it, once)",
      flag.wholeNumber("--requests"),
    )
    .option(
      "--duration <time>",
      "measured time per load level (default: 30s, without --requests)",
      flag.duration("--duration"),
    )
    .addOption(
      new Option("--drain <time>", "how long running requests may finish after --duration; 0s cancels them")
        .argParser(flag.duration("--drain", 0))
        .default(30_000, "30s"),
    )
    .option(
      "--warmup <n|time>",
      "requests or time before measuring, per load level (default: one for each in flight, at most 32; none for a trace)",
      flag.warmup("--warmup"),
    )
    .option(
      "--max-in-flight <n>",
      "open loop: what is wanted beyond this is not sent, and recorded so (default: no limit)",
      flag.wholeNumber("--max-in-flight"),
    )
    .optionsGroup("What to send:")
    .option(
      "--input <file>",
      'prompts, {"prompt": "..."} or {"messages": [...]} on each line, or a trace to replay (mooncake, weka)',
    )
    .addOption(
      new Option("--format <format>", "what --input holds (default: auto)").choices([
        "auto",
        "jsonl",
        "mooncake",
        "weka",
      ]),
    )
    .option(
      "--input-tokens <mean[:sd]>",
      "length of synthetic prompts, about (default: 256)",
      flag.meanAndDeviation("--input-tokens"),
    )
    .option(
      "--output-tokens <mean[:sd]>",
      "length of replies to ask for (default: 128; with --input: as the file says, else the server decides)",
      flag.meanAndDeviation("--output-tokens"),
    )
    .option("--seed <text>", "makes prompts, lengths and arrival times again (default: a new one)")
    .optionsGroup("What to watch:")
    .option(
      "--metrics-url <[role=]url>",
      "an engine's metrics; can be repeated (default: /metrics of --endpoint's host and port, tried once)",
      flag.collect(String),
    )
    .option("--gpu-metrics-url <url>", "a GPU exporter's metrics; can be repeated", flag.collect(String))
    .option("--no-metrics", "scrape nothing")
    .option("--slo <list>", "what a good request is: ttft=500ms,tpot=50ms,e2e=10s", flag.serviceLevels("--slo"))
    .option("--gpus <n>", "GPUs behind the endpoint, for figures per GPU", flag.wholeNumber("--gpus"))
    .optionsGroup("When to give up:")
    .addOption(
      new Option("--connect-timeout <time>", "for a new connection, TLS included")
        .argParser(flag.duration("--connect-timeout"))
        .default(10_000, "10s"),
    )
    .option("--request-timeout <time>", "for a whole request (default: none)", flag.duration("--request-timeout"))
    .addOption(
      new Option("--idle-timeout <time>", "for the server's silence within a request")
        .argParser(flag.duration("--idle-timeout"))
        .default(120_000, "2m"),
    )
    .optionsGroup("What to keep:")
    .option("--runs-dir <path>", "where run directories are made", DEFAULT_RUNS_DIR)
    .option("--name <text>", "a name for the run")
    .option("--save-text", "keep prompts and replies in the run, which is marked so")
    .addHelpText("after", examples)
    .allowExcessArguments()
    .action(async (flags: BenchFlags) => {
      refuseWords(command.args);
      const options = await benchOptions(flags, context);
      const { runBench } = await import("./run-bench.ts");
      context.exitCode = await runBench(options, context);
    });
  namesDestinations(command, destinationsOf);
}

/** Beyond this a machine has neither the ports nor the files, and a typing error would take all its memory. */
const MOST_IN_FLIGHT = 100_000;

const examples = `
Examples:
  inferguard bench
  inferguard bench --endpoint http://127.0.0.1:8000 --concurrency 1,8,32 --duration 30s
  inferguard bench --endpoint http://127.0.0.1:8000 --rate 4 --requests 700 --slo ttft=500ms,tpot=50ms
  inferguard bench --endpoint http://127.0.0.1:8000 --input trace.jsonl --arrival trace
`;

/** The flags of `inferguard trace`, as they are typed and as help shows them. */
import type { Command } from "commander";
import type { Collector, TraceOptions } from "../commands/trace/options.ts";
import { parseEndpoint, parseHttpUrl } from "../endpoint/address.ts";
import { UserError } from "../errors.ts";
import { type Authority, mintAuthority } from "../net/authority.ts";
import { refuseUnusedAddresses } from "./bench-contradictions.ts";
import { endpointAuthority } from "./bench-destinations.ts";
import { type CommandContext, DEFAULT_RUNS_DIR } from "./context.ts";
import { ownEnvironment } from "./environment.ts";
import { readCertificates } from "./flag-files.ts";
import * as flag from "./flag-values.ts";
import { namesDestinations } from "./named-destinations.ts";
import { proxyAuthority, type ProxyFlags, proxyOptions } from "./proxy-flags.ts";

interface TraceFlags extends ProxyFlags {
  endpoint?: string;
  listen?: { host: string; port: number };
  caFile?: string;
  insecure?: boolean;
  resolve?: { host: string; port: number; address: string }[];
  otlpEndpoint?: string;
  modelCalls?: number;
  runsDir: string;
  name?: string;
  saveText?: boolean;
}

export function addTrace(program: Command, context: CommandContext): void {
  const command = program
    .command("trace")
    .summary("run an agent with a recording proxy before the endpoint")
    .description(
      "Runs an agent with a recording proxy on 127.0.0.1 between it and the endpoint, and says what it did there: model\n" +
        "calls, tools, waiting. The agent finds the proxy in OPENAI_BASE_URL, ANTHROPIC_BASE_URL and their like. No text is\n" +
        "kept. Its exit code is this command's. Without an agent, --listen serves agents that are started elsewhere.",
    )
    .argument("[command...]", "after --, the agent: a program and its arguments")
    .optionsGroup("Between what:")
    .option("--endpoint <url>", "the server, with or without /v1 and a path prefix")
    .option(
      "--listen <[host:]port>",
      "listen for the agent at this loopback address (default: a free port of 127.0.0.1)",
      listenPlace,
    )
    .option("--allow-plaintext-key", "pass keys on over plain http to a host that is not loopback")
    .option("--ca-file <file.pem>", "trust these certificate authorities too")
    .option("--insecure", "do not check the server's certificate")
    .option(
      "--resolve <host:port:address>",
      "use this address and look nothing up; can be repeated",
      flag.collect(flag.resolveOverride("--resolve")),
    )
    .option(
      "--proxy <url>",
      "reach the endpoint through this HTTP proxy (default: none, whatever the environment says)",
    )
    .option("--proxy-header-file <path>", "headers for the proxy, one on each line")
    .optionsGroup("What to keep:")
    .option("--otlp-endpoint <url>", "send the run as OpenTelemetry spans to this collector of yours when it ends")
    .option(
      "--model-calls <n>",
      "how many model calls there will be, for a telemetry payload",
      flag.wholeNumber("--model-calls"),
    )
    .option("--runs-dir <path>", "where run directories are made", DEFAULT_RUNS_DIR)
    .option("--name <text>", "a name for the run")
    .option("--save-text", "keep prompts, replies and tools' results in the run, which is marked so")
    .addHelpText(
      "after",
      "\nExamples:\n  inferguard trace --endpoint http://127.0.0.1:8000 -- python agent.py\n  inferguard trace --endpoint http://127.0.0.1:8000 --listen 8100\n",
    )
    .action(async (agent: string[], flags: TraceFlags) => {
      const options = await optionsOf(agent, flags, context);
      const { runTrace } = await import("./run-trace.ts");
      context.exitCode = await runTrace(options, context);
    });
  namesDestinations(command, (flags: TraceFlags) => ({
    authorities: [
      endpointAuthority(addressOf(flags)),
      listenAuthority(flags),
      ...(flags.proxy === undefined ? [] : [proxyAuthority(flags.proxy)]),
      ...(flags.otlpEndpoint === undefined ? [] : [collectorOf(flags.otlpEndpoint, null).authority]),
    ],
    resolve: flags.resolve ?? [],
  }));
}

async function optionsOf(agent: readonly string[], flags: TraceFlags, context: CommandContext): Promise<TraceOptions> {
  const address = addressOf(flags);
  const authority = endpointAuthority(address);
  if (agent.length === 0 && flags.listen === undefined)
    throw new UserError("trace has no agent to run", {
      hint: "write its command line after --, or listen for one that is started elsewhere with --listen PORT",
    });
  const ca = flags.caFile === undefined ? null : await readCertificates(flags.caFile);
  const proxy = await proxyOptions(flags, ca);
  const collector = flags.otlpEndpoint === undefined ? null : collectorOf(flags.otlpEndpoint, ca);
  refuseUnusedAddresses(flags.resolve ?? [], [
    authority,
    ...(proxy === null ? [] : [proxy.authority]),
    ...(collector === null ? [] : [collector.authority]),
  ]);
  return {
    endpoint: { address, authority },
    tls: { ca, insecure: flags.insecure === true },
    proxy,
    resolve: flags.resolve ?? [],
    allowPlaintextKey: flags.allowPlaintextKey === true,
    collector,
    listen: listenAuthority(flags),
    agent:
      agent.length === 0
        ? null
        : { command: agent, environment: ownEnvironment(), output: context.json ? "to stderr" : "as ours" },
    modelCalls: flags.modelCalls ?? null,
    runsDir: flags.runsDir,
    runsDirIsDefault: flags.runsDir === DEFAULT_RUNS_DIR,
    name: flags.name ?? null,
    saveText: flags.saveText === true,
  };
}

function addressOf({ endpoint, proxy, proxyHeaderFile }: TraceFlags): ReturnType<typeof parseEndpoint> {
  if (endpoint === undefined)
    throw new UserError("trace needs --endpoint", {
      hint: "name the server that the agent is to use: --endpoint http://127.0.0.1:8000",
    });
  if (proxy === undefined && proxyHeaderFile !== undefined)
    throw new UserError("--proxy-header-file needs --proxy", { hint: "the agent sends the endpoint's headers itself" });
  return parseEndpoint(endpoint, null);
}

/** A base, as collectors are named, or the whole path of their traces. --insecure is for the endpoint's certificate alone. */
function collectorOf(text: string, ca: string | null): Collector {
  const url = parseHttpUrl(text, "--otlp-endpoint");
  const base = url.pathname.replace(/\/+$/, "");
  const tls = url.protocol === "https:";
  const port = url.port === "" ? (tls ? 443 : 80) : Number(url.port);
  const authority = mintAuthority("otlp-endpoint", url.hostname, port, "--otlp-endpoint");
  return {
    authority,
    tls: tls ? { serverName: authority.host, ca, insecure: false } : null,
    path: `${base.endsWith("/v1/traces") ? base : `${base}/v1/traces`}${url.search}`,
  };
}

function listenAuthority({ listen }: TraceFlags): Authority {
  const { host, port } = listen ?? { host: "127.0.0.1", port: 0 };
  return mintAuthority("localhost-proxy", host, port, "--listen");
}

/** `8100`, `127.0.0.1:8100`, `[::1]:8100`. */
function listenPlace(text: string): { host: string; port: number } {
  const match = /^(?:(.+):)?([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw new UserError(`--listen ${JSON.stringify(text)} is not a port, or a loopback address and a port`, {
      hint: "write --listen 8100 or --listen 127.0.0.1:8100; port 0 takes a free one",
    });
  return { host: match[1] ?? "127.0.0.1", port };
}

/** Flags of a bench that cannot be meant together: each is refused with what was probably meant. */
import type { BenchOptions, EndpointTarget } from "../commands/bench/options.ts";
import { UserError } from "../errors.ts";
import type { Authority } from "../net/authority.ts";
import type { BenchFlags } from "./bench-flags.ts";

export function refuseContradictions(flags: BenchFlags): void {
  const refuse = (message: string, hint: string) => {
    throw new UserError(message, { hint });
  };
  if (flags.rate !== undefined && flags.concurrency !== undefined)
    refuse(
      "--rate and --concurrency exclude each other",
      "--rate is an open loop, --concurrency a closed one; give one of them",
    );
  const atTraceTimes = flags.arrival?.process === "trace";
  if (flags.concurrency !== undefined && atTraceTimes)
    refuse("--arrival trace and --concurrency exclude each other", "a closed loop sends when a request has ended");
  if (atTraceTimes && flags.input === undefined)
    refuse("--arrival trace needs --input", "name the file of the trace, such as --input trace.jsonl");
  if (atTraceTimes && (flags.rate ?? []).length > 1)
    refuse("--arrival trace takes one --rate", "each rate would be a replay of its own: run them one after the other");
  if (flags.rate === undefined && flags.arrival !== undefined && !atTraceTimes)
    refuse("--arrival needs --rate", "a closed loop has no arrival process");
  if (flags.rate === undefined && flags.maxInFlight !== undefined && !atTraceTimes)
    refuse("--max-in-flight needs --rate", "a closed loop is limited by --concurrency");
  if (flags.format !== undefined && flags.input === undefined)
    refuse(
      "--format needs --input",
      "it says what the input file holds; a report's format is a flag of inferguard report",
    );
  if (flags.input !== undefined && flags.inputTokens !== undefined)
    refuse("--input and --input-tokens exclude each other", "the file's prompts are sent as they are");
  if (flags.apiKeyEnv !== undefined && flags.apiKeyFile !== undefined)
    refuse("--api-key-env and --api-key-file exclude each other", "give one of them");
  if (!flags.metrics && flags.metricsUrl !== undefined)
    refuse("--no-metrics and --metrics-url exclude each other", "leave one of them out");
  if (!flags.metrics && flags.gpuMetricsUrl !== undefined)
    refuse("--no-metrics and --gpu-metrics-url exclude each other", "leave one of them out");
  if (flags.proxy === undefined && flags.proxyHeaderFile !== undefined)
    refuse("--proxy-header-file needs --proxy", "headers for the endpoint come from --header-file");
  if (flags.endpoint !== undefined) return;
  // Without an endpoint these can only mean that it was forgotten; the mimic must never be loaded by mistake.
  const forEndpoint: [string, unknown][] = [
    ["--model", flags.model],
    ["--metrics-url", flags.metricsUrl],
    ["--gpu-metrics-url", flags.gpuMetricsUrl],
    ["--api-key-env", flags.apiKeyEnv],
    ["--api-key-file", flags.apiKeyFile],
    ["--header", flags.header],
    ["--header-file", flags.headerFile],
    ["--body", flags.body],
    ["--ca-file", flags.caFile],
    ["--insecure", flags.insecure],
    ["--allow-plaintext-key", flags.allowPlaintextKey],
    ["--resolve", flags.resolve],
    ["--proxy", flags.proxy],
    ["--no-stream-usage", flags.streamUsage ? undefined : false],
  ];
  const given = forEndpoint.find(([, value]) => value !== undefined);
  if (given !== undefined)
    refuse(`${given[0]} needs --endpoint`, "without --endpoint the built-in simulated engine is loaded");
}

/** The endpoint without its flag is what a person types first. */
export function refuseWords([word]: readonly string[]): void {
  if (word === undefined) return;
  throw new UserError(`bench takes flags only, and got ${JSON.stringify(word)}`, {
    hint: /^https?:/.test(word) ? `name the endpoint with its flag: --endpoint ${word}` : "see inferguard bench --help",
  });
}

/** An override that nothing uses is a typing error, and would lead to the look-up that it was to spare. */
export function refuseUnusedAddresses(overrides: BenchOptions["resolve"], authorities: readonly Authority[]): void {
  const unused = overrides.find(
    ({ host, port }) => !authorities.some((named) => named.host === host.toLowerCase() && named.port === port),
  );
  if (unused === undefined) return;
  throw new UserError(`--resolve ${unused.host}:${unused.port} is not a destination of this command`, {
    hint: `its destinations are ${authorities.map(({ host, port }) => `${host}:${port}`).join(", ")}`,
  });
}

/** Through a tunnel the endpoint would get it, and the proxy would not. */
export function refuseMisdirectedHeaders(headers: EndpointTarget["headers"]): void {
  const [name] = headers.find(([each]) => /^proxy-/i.test(each)) ?? [];
  if (name === undefined) return;
  throw new UserError(`--header ${name} would go to the endpoint, not to the proxy`, {
    hint: "name a file with it in --proxy-header-file",
  });
}

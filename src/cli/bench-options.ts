/** A bench's flags as its options: checked together, every default filled in, files read. */
import { randomBytes } from "node:crypto";
import type { BenchOptions, EndpointTarget, MimicTarget } from "../commands/bench/options.ts";
import { parseEndpoint } from "../endpoint/address.ts";
import { isKeyHeader } from "../endpoint/key-headers.ts";
import { UserError } from "../errors.ts";
import { refuseContradictions, refuseMisdirectedHeaders, refuseUnusedAddresses } from "./bench-contradictions.ts";
import { endpointAuthority, metricsTargets, mimicAuthority } from "./bench-destinations.ts";
import type { BenchFlags } from "./bench-flags.ts";
import { type CommandContext, DEFAULT_RUNS_DIR } from "./context.ts";
import { keyFromEnvironment } from "./environment.ts";
import * as flag from "./flag-values.ts";
import { headersFromFile, readCertificates, readJsonObject, readText } from "./flag-files.ts";
import { proxyOptions } from "./proxy-flags.ts";

export async function benchOptions(flags: BenchFlags, context: CommandContext): Promise<BenchOptions> {
  refuseContradictions(flags);
  const metrics = flags.metrics ? metricsTargets(flags) : [];
  const isMimic = flags.endpoint === undefined;
  const target = isMimic ? mimicTarget(flags, context) : await endpointTarget(flags, flags.endpoint as string);
  const ca = flags.caFile === undefined ? null : await readCertificates(flags.caFile);
  const proxy = await proxyOptions(flags, ca);
  refuseUnusedAddresses(flags.resolve ?? [], [
    target.authority,
    ...metrics.map(({ authority }) => authority),
    ...(proxy === null ? [] : [proxy.authority]),
  ]);
  if (proxy !== null && target.kind === "endpoint") refuseMisdirectedHeaders(target.headers);
  return {
    target,
    tls: { ca, insecure: flags.insecure === true },
    proxy,
    resolve: flags.resolve ?? [],
    connections: flags.connections,
    levels: levelsOf(flags, isMimic),
    requests: flags.requests ?? null,
    durationMs: flags.duration ?? null,
    defaultDurationMs: isMimic ? DEMO_LEVEL_MS : 30_000,
    drainMs: flags.drain,
    warmup: flags.warmup ?? null,
    maxInFlight: flags.maxInFlight ?? null,
    inputFile: flags.input ?? null,
    inputFormat: flags.format ?? "auto",
    inputTokens: flags.inputTokens ?? { mean: 256, sd: 0 },
    outputTokens:
      flags.outputTokens ?? (flags.input === undefined ? { mean: isMimic ? DEMO_OUTPUT_TOKENS : 128, sd: 0 } : null),
    seed: flags.seed ?? randomBytes(8).toString("hex"),
    slo: flags.slo ?? null,
    connectTimeoutMs: flags.connectTimeout,
    requestTimeoutMs: flags.requestTimeout ?? null,
    idleTimeoutMs: flags.idleTimeout,
    metrics,
    tryOwnMetrics: flags.metrics && flags.metricsUrl === undefined,
    gpus: flags.gpus ?? null,
    runsDir: flags.runsDir,
    runsDirIsDefault: flags.runsDir === DEFAULT_RUNS_DIR,
    name: flags.name ?? null,
    saveText: flags.saveText === true,
  };
}

/** The demo: three levels, of which the last is beyond the mimic's slots, in well under half a minute. */
const DEMO_LEVELS = [1, 4, 16];

const DEMO_LEVEL_MS = 5000;

const DEMO_OUTPUT_TOKENS = 32;

function levelsOf(flags: BenchFlags, isMimic: boolean): BenchOptions["levels"] {
  if (flags.rate === undefined && flags.arrival?.process === "trace") return "trace";
  if (flags.rate !== undefined) {
    const arrival = flags.arrival ?? { process: "poisson" };
    return flags.rate.map((rate) => ({ mode: "open", rate, arrival }));
  }
  const levels = flags.concurrency ?? (isMimic ? DEMO_LEVELS : [8]);
  return levels.map((concurrency) => ({ mode: "closed", concurrency }));
}

function mimicTarget(flags: BenchFlags, context: CommandContext): MimicTarget {
  return { kind: "mimic", api: flags.api ?? "chat", authority: mimicAuthority(), bin: context.bin };
}

async function endpointTarget(flags: BenchFlags, endpoint: string): Promise<EndpointTarget> {
  const address = parseEndpoint(endpoint, flags.api ?? null);
  const headers = [...(flags.header ?? []), ...(await headersFromFile("--header-file", flags.headerFile))];
  const key = await keyOf(flags);
  if (key !== null) headers.push(flag.header("the key of --api-key-*")(`Authorization: Bearer ${key}`));
  const carriesKey = headers.some(([name]) => isKeyHeader(name));
  return {
    kind: "endpoint",
    address,
    authority: endpointAuthority(address),
    model: flags.model ?? null,
    headers,
    guardsKey: carriesKey && flags.allowPlaintextKey !== true,
    body: flags.body === undefined ? {} : await readJsonObject("--body", flags.body),
    streamUsage: flags.streamUsage,
  };
}

async function keyOf(flags: BenchFlags): Promise<string | null> {
  if (flags.apiKeyEnv !== undefined) return keyFromEnvironment(flags.apiKeyEnv);
  if (flags.apiKeyFile === undefined) return null;
  const key = (await readText("--api-key-file", flags.apiKeyFile)).trim();
  if (key === "" || /\s/.test(key))
    throw new UserError(`--api-key-file ${flags.apiKeyFile} is ${key === "" ? "empty" : "more than one word"}`, {
      hint: "it must hold the key and nothing else",
    });
  return key;
}

/** The flags of `daemon start` as its options and authorities, and as the arguments of the process that it detaches. */
import { resolve } from "node:path";
import type { DaemonOptions } from "../commands/daemon/options.ts";
import { UserError } from "../errors.ts";
import { mintAuthority } from "../net/authority.ts";
import { refuseUnusedAddresses } from "./bench-contradictions.ts";
import { metricsTargets } from "./bench-destinations.ts";
import { DEFAULT_RUNS_DIR } from "./context.ts";
import { controlPlace } from "./control-place.ts";
import { readCertificates } from "./flag-files.ts";
import type { NamedDestinations } from "./named-destinations.ts";

export interface DaemonFlags {
  metricsUrl?: string[];
  gpuMetricsUrl?: string[];
  runsDir?: string;
  interval: number;
  gpus?: number;
  caFile?: string;
  insecure?: boolean;
  resolve?: { host: string; port: number; address: string }[];
  retain: number;
  maxDisk: number;
  port: number;
  foreground: boolean;
  detached?: boolean;
}

/** @throws UserError when nothing is named to watch */
export async function daemonOptions(flags: DaemonFlags): Promise<DaemonOptions> {
  const targets = targetsOf(flags);
  return {
    ...controlPlace("daemon start"),
    http: httpAuthority(flags),
    targets,
    tls: {
      ca: flags.caFile === undefined ? null : await readCertificates(flags.caFile),
      insecure: flags.insecure === true,
    },
    resolve: flags.resolve ?? [],
    intervalMs: flags.interval,
    runsDir: resolve(flags.runsDir ?? DEFAULT_RUNS_DIR),
    retainMs: flags.retain,
    maxDiskBytes: flags.maxDisk,
    gpus: flags.gpus ?? null,
  };
}

/** All that these flags allow. */
export function daemonDestinations(flags: DaemonFlags): NamedDestinations {
  const targets = targetsOf(flags).map(({ authority }) => authority);
  const own = [httpAuthority(flags), controlPlace("daemon start").socket];
  return { authorities: [...targets, ...own], resolve: flags.resolve ?? [] };
}

/** The same, for a process that runs in another directory. */
export function daemonArguments(flags: DaemonFlags): string[] {
  const given = (name: string, value: string | number | undefined) => (value === undefined ? [] : [name, `${value}`]);
  return [
    ...(flags.metricsUrl ?? []).flatMap((url) => ["--metrics-url", url]),
    ...(flags.gpuMetricsUrl ?? []).flatMap((url) => ["--gpu-metrics-url", url]),
    ...(flags.resolve ?? []).flatMap(({ host, port, address }) => ["--resolve", `${host}:${port}:${address}`]),
    ...["--runs-dir", resolve(flags.runsDir ?? DEFAULT_RUNS_DIR)],
    ...["--interval", `${flags.interval}ms`, "--retain", `${flags.retain}ms`, "--max-disk", `${flags.maxDisk}B`],
    ...["--port", `${flags.port}`],
    ...given("--gpus", flags.gpus),
    ...given("--ca-file", flags.caFile === undefined ? undefined : resolve(flags.caFile)),
    ...(flags.insecure === true ? ["--insecure"] : []),
  ];
}

function targetsOf(flags: DaemonFlags): DaemonOptions["targets"] {
  const targets = metricsTargets(flags);
  if (targets.length === 0 && flags.runsDir === undefined)
    throw new UserError("daemon start is given nothing to watch", {
      hint: "name an engine's metrics, as in --metrics-url http://127.0.0.1:8000/metrics, or runs with --runs-dir",
    });
  refuseUnusedAddresses(
    flags.resolve ?? [],
    targets.map(({ authority }) => authority),
  );
  return targets;
}

function httpAuthority({ port }: DaemonFlags) {
  return mintAuthority("loopback-prometheus", "127.0.0.1", port, "--port");
}

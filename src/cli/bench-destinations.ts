/** Where a bench's flags lead: each authority is minted here, from the flag that names it. */
import { type EndpointAddress, parseEndpoint, parseHttpUrl } from "../endpoint/address.ts";
import { type Authority, mintAuthority } from "../net/authority.ts";
import type { MetricsTarget } from "../commands/bench/options.ts";
import { refuseContradictions } from "./bench-contradictions.ts";
import type { BenchFlags } from "./bench-flags.ts";
import type { NamedDestinations } from "./named-destinations.ts";
import { proxyAuthority } from "./proxy-flags.ts";

/** All that these flags allow. */
export function destinationsOf(flags: BenchFlags): NamedDestinations {
  refuseContradictions(flags);
  const target =
    flags.endpoint === undefined
      ? mimicAuthority()
      : endpointAuthority(parseEndpoint(flags.endpoint, flags.api ?? null));
  const metrics = flags.metrics ? metricsTargets(flags).map(({ authority }) => authority) : [];
  // Behind a proxy they are out of reach, but through it.
  const authorities = flags.proxy === undefined ? [target, ...metrics] : [proxyAuthority(flags.proxy)];
  return { authorities, resolve: flags.resolve ?? [] };
}

export function mimicAuthority(): Authority {
  // Port 0: the mimic says which one it got, and the authority is narrowed to that.
  return mintAuthority("loopback-mimic", "127.0.0.1", 0, "bench without --endpoint");
}

export function endpointAuthority({ host, port }: EndpointAddress): Authority {
  return mintAuthority("inference-endpoint", host, port, "--endpoint");
}

export function metricsTargets(flags: Pick<BenchFlags, "metricsUrl" | "gpuMetricsUrl">): MetricsTarget[] {
  const target = (text: string, flagName: MetricsTarget["flag"], defaultRole: string): MetricsTarget => {
    const match = /^([a-z][a-z0-9-]*)=(.*)$/.exec(text);
    const url = parseHttpUrl(match === null ? text : (match[2] as string), flagName);
    if (url.pathname === "/") url.pathname = "/metrics";
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    const authority = mintAuthority("metrics-endpoint", url.hostname, port, flagName);
    return { role: match?.[1] ?? defaultRole, url, authority, flag: flagName };
  };
  return [
    ...(flags.metricsUrl ?? []).map((text) => target(text, "--metrics-url", "engine")),
    ...(flags.gpuMetricsUrl ?? []).map((text) => target(text, "--gpu-metrics-url", "gpu")),
  ];
}

/** What a normalised name is called in our own exposition: Prometheus' conventions, base units in seconds and bytes. */
import type { MetricDefinition } from "./names.ts";

export interface PrometheusName {
  name: string;
  /** Multiplies a value into the base unit. */
  factor: number;
}

interface Unit {
  /** What the normalised name says of its unit, and what stands there instead. */
  ending?: RegExp;
  suffix: string;
  factor?: number;
}

const units: Record<string, Unit> = {
  ratio: { suffix: "_ratio" },
  ms: { ending: /_ms$/, suffix: "_seconds", factor: 0.001 },
  "bytes/s": { ending: /_bytes_per_s$/, suffix: "_bytes_per_second" },
  W: { ending: /_w$/, suffix: "_watts" },
  J: { ending: /_j$/, suffix: "_joules" },
  "°C": { ending: /_c$/, suffix: "_celsius" },
  MHz: { ending: /_mhz$/, suffix: "_hertz", factor: 1e6 },
};

export function prometheusName(name: string, { kind, unit }: MetricDefinition): PrometheusName {
  const { ending, suffix = "", factor = 1 } = Object.hasOwn(units, unit) ? (units[unit] as Unit) : {};
  const bare = ending === undefined ? name : name.replace(ending, "");
  return { name: `inferguard_${bare}${suffix}${kind === "counter" ? "_total" : ""}`, factor };
}

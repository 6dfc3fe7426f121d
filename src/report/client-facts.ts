/** The load generator's own health: whether the figures can be its fault, and by how much at most. */
import type { ClientHealth } from "../runs/schemas/summary.ts";
import { duration, percent } from "./format.ts";
import type { Fact, Tone } from "./model.ts";
import { printable } from "./printable.ts";

/** A line with the verdict and the error bound, then one for each reason. */
export function clientFacts(client: ClientHealth): Fact[] {
  const { verdict, reasons, error_bound_ms: bound, offered_fraction: offered, cpu_max: cpu } = client;
  const parts = [
    ...(bound === null ? [] : [`it adds at most ${duration(bound)} to a TTFT or a gap, at 99 of 100 events`]),
    ...(offered === null ? [] : [`${percent(offered)} of the offered load was sent`]),
    ...(cpu === null ? [] : [`busiest worker ${percent(cpu)} of a core`]),
  ];
  const tone = tones[verdict];
  return [
    { label: "Client", text: parts.length === 0 ? verdict : `${verdict}: ${parts.join("; ")}`, tone },
    ...reasons.map((reason) => ({ label: "", text: printable(reason), tone })),
  ];
}

const tones: Record<ClientHealth["verdict"], Tone> = { ok: "good", degraded: "warn", limited: "bad", unknown: "warn" };

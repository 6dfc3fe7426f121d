/** What left the machine. */
import type { Summary } from "../runs/schemas/summary.ts";
import { bytes, count, counted, destinationName } from "./format.ts";
import type { Fact } from "./model.ts";
import { printable } from "./printable.ts";

/** Every byte that this command sent, by the flag that allowed it. Denials are said also when there were none. */
export function egressFacts(egress: Summary["egress"]): Fact[] {
  if (egress === null)
    return [
      {
        label: "Egress",
        text: "not recorded: the run ended before its egress record was written",
        tone: "warn",
      },
    ];
  const child = egress.child === undefined ? "" : `; what it started: ${egress.child}`;
  const ends = `${count(egress.denied)} denied${child}`;
  const tone = egress.denied > 0 ? ({ tone: "bad" } as const) : {};
  if (egress.destinations.length === 0) return [{ label: "Egress", text: `no connection; ${ends}`, ...tone }];
  return egress.destinations.map((destination, place): Fact => {
    const { flag, via, addresses, lookups, connections, bytes_out, bytes_in } = destination;
    const name = destinationName(destination);
    const text = [
      `${printable(flag)} ${printable(name)}${via === undefined ? "" : ` through ${printable(via)}`}: ${counted(connections, "connection")}, ${bytes(bytes_out)} out, ${bytes(bytes_in)} in`,
      counted(lookups, "look-up") + (addresses > 1 ? ` (${count(addresses)} addresses)` : ""),
      ...(place === egress.destinations.length - 1 ? [ends] : []),
    ].join("; ");
    return { label: place === 0 ? "Egress" : "", text, ...tone };
  });
}

/** `--egress-report`: what a command reached, said at its end. Zero is said too. */
import { writeFile } from "node:fs/promises";
import { jsonLine, prettyJson } from "../json.ts";
import { guardDenials } from "../net/guard/denials.ts";
import { bytes, count, counted, destinationName } from "../report/format.ts";
import { printable } from "../report/printable.ts";
import { EGRESS_SCHEMA, type EgressRecord } from "../runs/schemas/egress.ts";

/**
 * @param form `json`, `text`, or a file to write
 * @param record null for a command that opened no connection and made no listener
 * @returns what to print, empty when it was written to a file
 */
export async function egressReport(form: string, record: EgressRecord | null): Promise<string> {
  const known = record ?? recordOfNothing();
  if (form === "json") return jsonLine(known);
  if (form === "text")
    return linesOf(known)
      .map((line) => `${line}\n`)
      .join("");
  await writeFile(form, prettyJson(known));
  return "";
}

/** The record in one line. What went through a proxy is in the proxy's own count. */
export function egressLine({ authorities, denied, child }: EgressRecord): string {
  const direct = authorities.filter((each) => each.via === undefined && each.connections + each.lookups > 0);
  const sum = (key: "connections" | "bytes_out" | "bytes_in" | "lookups") =>
    direct.reduce((total, each) => total + each[key], 0);
  return [
    `egress: ${counted(direct.length, "destination")}, ${counted(sum("connections"), "connection")}`,
    `${bytes(sum("bytes_out"))} out, ${bytes(sum("bytes_in"))} in`,
    counted(sum("lookups"), "look-up"),
    `${count(denied)} denied`,
    ...(child === undefined ? [] : [`child: ${child}`]),
  ].join("; ");
}

/** Of a command that connects to nothing. The guard counts for every command. */
export function recordOfNothing(): EgressRecord {
  const denials = guardDenials();
  const denied = denials.reduce((sum, each) => sum + each.count, 0);
  return { schema: EGRESS_SCHEMA, authorities: [], denied, denials };
}

function linesOf({ authorities, denied, denials, child }: EgressRecord): string[] {
  return [
    `egress: ${counted(authorities.length, "destination")}, ${count(denied)} denied`,
    ...authorities.map((authority) => {
      const { flag, via, connections, bytes_out, bytes_in, lookups } = authority;
      const way = via === undefined ? "" : ` through ${via}`;
      const use = `${counted(connections, "connection")}, ${bytes(bytes_out)} out, ${bytes(bytes_in)} in`;
      return printable(
        `egress: ${flag} ${destinationName(authority)}${way}: ${use}; ${counted(lookups, "look-up")}`,
        1000,
      );
    }),
    ...denials.map(({ reason, count: times }) =>
      printable(`egress: denied ${counted(times, "time")}: ${reason}`, 1000),
    ),
    ...(child === undefined ? [] : [`egress: child: ${child}`]),
  ];
}

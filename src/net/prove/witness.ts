/**
 * Tier witness: nobody watches but the command itself. Its record of what left it is all there is, so this claims no more
 * than that its own code counted so.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Destination, destination, listening, UNAUTHORISED } from "./destination.ts";
import type { PrepareTier } from "./tier.ts";

export const prepareWitness: PrepareTier = ({ command, authorities, folder }) => {
  const path = join(folder, "egress.json");
  const flags = new Set(authorities.map(({ flag }) => flag));
  return {
    command: withRecord(command, path),
    isWatched: false,
    blindSpots: [
      "what native code and other processes did",
      "whatever went round the command's own count",
      "what went over the connections that a flag allows",
    ],
    finish(end) {
      if (!existsSync(path))
        return { end, destinations: [], doubts: ["the command left no record of what it reached"] };
      const record = JSON.parse(readFileSync(path, "utf8")) as Counted;
      const doubts =
        record.child === undefined ? [] : ["the command started another program, whose own network nobody observed"];
      return { end, destinations: reachedIn(record, flags), doubts };
    },
    close() {},
  };
};

/** As much of `inferguard-egress/v1` as is needed here. */
interface Counted {
  authorities: {
    category: string;
    flag: string;
    host: string;
    port: number;
    via?: string;
    lookups: number;
    connections: number;
    bytes_out: number;
    bytes_in: number;
  }[];
  denials: { reason: string; count: number }[];
  child?: string;
}

function withRecord(command: readonly string[], path: string): string[] {
  const end = command.indexOf("--");
  const place = end < 0 ? command.length : end;
  return [...command.slice(0, place), "--egress-report", path, ...command.slice(place)];
}

function reachedIn({ authorities, denials }: Counted, flags: ReadonlySet<string>): Destination[] {
  return [
    // What was reached through a proxy is no connection of this machine's.
    ...authorities.flatMap(({ via, category, flag, host, port, lookups, connections, bytes_out, bytes_in }) => {
      if (via !== undefined) return [];
      const isOwn = listening.has(category);
      if (isOwn && host.startsWith("/"))
        return [destination("unix", "connected", { protocol: "unix", path: host, times: connections })];
      const group = flags.has(flag) ? (isOwn ? "loopback" : flag) : UNAUTHORISED;
      const at = { protocol: "tcp", host, port, times: connections, bytesOut: bytes_out, bytesIn: bytes_in } as const;
      const asked = lookups > 0 ? [destination("dns-resolver", "looked up", { asked: host, times: lookups })] : [];
      return [destination(group, "connected", at), ...asked];
    }),
    ...denials.map(({ reason, count }) =>
      destination(UNAUTHORISED, "connected", { note: `refused: ${reason}`, times: count }),
    ),
  ];
}

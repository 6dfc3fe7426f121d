/** How much of the load that an open loop was asked to offer was really offered. */
import type { RequestRow } from "../runs/schemas/request.ts";
import type { LevelRows } from "./level-rows.ts";

/**
 * Achieved over offered rate, at most 1: the share of wanted requests that were sent, times how much longer the sending
 * took than it should have. Null for a closed loop, whose load follows the server, and with fewer than two sent.
 */
export function offeredFraction({ load, measured }: LevelRows): number | null {
  if (load?.mode !== "open") return null;
  const sent = measured.filter((row) => row.sent_ms !== null);
  const [first] = sent;
  const last = sent.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  // When a run is broken off, what was still to come was not held back by the client.
  const wanted = measured.filter((row) => row.intended_ms <= last.intended_ms);
  const behindMs = Math.max(0, latenessMs(last) - latenessMs(first));
  const offeredMs = last.intended_ms - first.intended_ms;
  return (sent.length / wanted.length) * (offeredMs / (offeredMs + behindMs));
}

/** Until the client turned to the request: making the connection is the server's time and the network's. */
function latenessMs(row: RequestRow): number {
  return (row.connect_start_ms ?? row.sent_ms ?? row.intended_ms) - row.intended_ms;
}

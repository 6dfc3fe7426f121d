/** What became of the requests: how many, which errors, how many at once. */
import type { Figure, LevelSummary } from "../runs/schemas/summary.ts";
import { claimMark } from "./cells.ts";
import { count, counted, decimal, duration, noValue, percent } from "./format.ts";
import type { Fact } from "./model.ts";

export function requestFacts(levels: readonly LevelSummary[]): Fact[] {
  return [requestsFact(levels), ...errorsFact(levels), ...inFlightFact(levels), ...connectingFact(levels)];
}

function requestsFact(levels: readonly LevelSummary[]): Fact {
  const total = (of: (requests: LevelSummary["requests"]) => number) =>
    levels.reduce((sum, level) => sum + of(level.requests), 0);
  const measured = total((requests) => requests.total);
  const failed = total((requests) => requests.error);
  const others: [number, string][] = [
    [total((requests) => requests.cancelled), "cancelled"],
    [total((requests) => requests.not_sent), "wanted but not sent"],
  ];
  const parts = [
    `${count(measured)} measured: ${count(total((requests) => requests.ok))} ok`,
    `${count(failed)} failed${failed > 0 ? ` (${percent(failed / measured)})` : ""}`,
    ...others.filter(([number]) => number > 0).map(([number, what]) => `${count(number)} ${what}`),
  ];
  const warmup = total((requests) => requests.warmup);
  const text = parts.join(", ") + (warmup > 0 ? `; ${count(warmup)} of warm-up not counted` : "");
  return failed > 0 ? { label: "Requests", text, tone: "bad" } : { label: "Requests", text };
}

function errorsFact(levels: readonly LevelSummary[]): Fact[] {
  const counts = new Map<string, number>();
  for (const { kind, http_status, count: number } of levels.flatMap((level) => level.requests.errors)) {
    const name = http_status === null ? kind : `${kind} (${http_status})`;
    counts.set(name, (counts.get(name) ?? 0) + number);
  }
  if (counts.size === 0) return [];
  const most = [...counts].sort(([, left], [, right]) => right - left);
  return [
    {
      label: "Errors",
      text: most.map(([name, number]) => `${count(number)} ${name}`).join(", "),
      tone: "bad",
    },
  ];
}

function inFlightFact(levels: readonly LevelSummary[]): Fact[] {
  const [level] = levels;
  if (levels.length !== 1 || level === undefined || level.in_flight.max.value === null) return [];
  return [
    {
      label: "In flight",
      text: `${figure(level.in_flight.mean)} on average, at most ${figure(level.in_flight.max)}`,
    },
  ];
}

/** Not part of TTFT, so said apart: over TLS it can be the larger of the two. */
function connectingFact(levels: readonly LevelSummary[]): Fact[] {
  const [level] = levels;
  if (levels.length !== 1 || level === undefined) return [];
  const { samples, mean, max } = level.latency.connect;
  if (mean === null || max === null) return [];
  return [
    {
      label: "Connecting",
      text: `${counted(samples, "connection")}, ${duration(mean)} on average, at most ${duration(max)}`,
    },
  ];
}

function figure({ value, claim }: Figure): string {
  if (value === null) return noValue;
  return claimMark(claim) + (Number.isInteger(value) ? count(value) : decimal(value));
}

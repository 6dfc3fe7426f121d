/**
 * Every number becomes text here, once, for every form of the report. Measured values keep three significant digits:
 * more would promise a precision that no load test has. The exact values are in summary.json.
 */

/** What stands where there is no number. */
export const noValue = "—";

export type DurationUnit = "ms" | "s";

/** A duration with its unit: milliseconds below 10 s, else seconds. */
export function duration(ms: number): string {
  const unit = durationUnit([ms]);
  return `${durationIn(ms, unit)} ${unit}`;
}

/** A range of durations, after the value that it is about: `[301, 325]`. */
export function durationRange([low, high]: readonly [number, number], unit: DurationUnit): string {
  return `[${durationIn(low, unit)}, ${durationIn(high, unit)}]`;
}

/** A point of a run's time, in seconds whatever its size. */
export function runTime(ms: number): string {
  return `${decimal(ms / 1000)} s`;
}

/**
 * The unit for a row or a column of durations: seconds once the largest would need five digits of milliseconds, unless
 * the smallest would then sink below a tenth of a second.
 */
export function durationUnit(values: readonly (number | null)[]): DurationUnit {
  const sizes = values.filter((value) => value !== null).map((value) => Math.abs(value));
  if (sizes.length === 0) return "ms";
  return rounded(Math.max(...sizes)) >= 10_000 && Math.min(...sizes) >= 100 ? "s" : "ms";
}

/** A duration in the unit that its row or column names; one that does not fit there brings its own. */
export function durationIn(ms: number, unit: DurationUnit): string {
  if (unit === "s") return decimal(ms / 1000);
  return rounded(Math.abs(ms)) >= 10_000 ? `${decimal(ms / 1000)} s` : decimal(ms);
}

/** Minutes and seconds of a clock that a person watches: `0:07`, `12:30`, `1:02:03`. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  if (hours === 0) return `${parts[0]}:${two(parts[1])}`;
  return `${hours}:${two(parts[0])}:${two(parts[1])}`;
}

/** A length of time as a person asks for it: `1 h`, `90 s`, `7 days`. */
export function spanOf(ms: number): string {
  const [size, name] = spans.find(([length]) => ms >= 2 * length || ms === length) ?? ([1000, "s"] as const);
  const value = ms / size;
  return `${Number.isInteger(value) ? count(value) : decimal(value)} ${name}`;
}

const spans = [
  [86_400_000, "days"],
  [3_600_000, "h"],
  [60_000, "min"],
] as const;

/** A measured value or rate: three significant digits, thousands grouped, never an exponent. */
export function decimal(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001) return value < 0 ? ">-0.001" : "<0.001";
  const three = rounded(size);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(three)));
  return (value < 0 ? "-" : "") + grouped(three.toFixed(decimals));
}

/** A count, exact: `6,636`. */
export function count(value: number): string {
  return grouped(String(value));
}

/** A count with its noun: `1 request`, `2 requests`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A fraction as a percentage. Neither a rare failure nor an almost full cache is rounded away: `<0.1 %`, `>99.9 %`. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  if (value > 0 && value < 0.1) return "<0.1 %";
  if (value > 99.9 && value < 100) return ">99.9 %";
  return `${trimmed(value.toFixed(1))} %`;
}

/** Bytes in decimal units, as network interfaces count: `12.1 KB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${count(value)} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let scaled = value / 1000;
  let unit = 0;
  while (rounded(scaled) >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${decimal(scaled)} ${units[unit]}`;
}

/** `llm.internal:8000`, `[::1]:8000`; of a Unix socket its path. */
export function destinationName({ host, port }: { host: string; port: number }): string {
  if (host.startsWith("/")) return host;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** `2026-03-01 09:30:00 UTC` of an ISO 8601 time in UTC. */
export function moment(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(iso) ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC` : iso;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function grouped(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

function trimmed(digits: string): string {
  return digits.replace(/\.0$/, "");
}

function two(part: number | undefined): string {
  return String(part).padStart(2, "0");
}

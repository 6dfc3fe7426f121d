/**
 * The values of flags: text in, a checked value out. Each parser throws a UserError that names the flag, the value and a
 * value that would do. Pure.
 */
import { UserError } from "../errors.ts";
import type { Arrival, BenchPlan } from "../runs/schemas/bench-plan.ts";

type Parser<T> = (text: string) => T;

function wrong(flag: string, text: string, expected: string): UserError {
  return new UserError(`${flag} ${JSON.stringify(text)} is not ${expected}`);
}

/** A whole number of at least `least` and at most `most`. */
export function wholeNumber(flag: string, least = 1, most = Number.MAX_SAFE_INTEGER): Parser<number> {
  const expected =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < least || value > most) throw wrong(flag, text, expected);
    return value;
  };
}

/** A number above 0; `4`, `0.5`. */
export function positiveNumber(flag: string): Parser<number> {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]*\.?[0-9]+$/.test(text) || !(value > 0) || !Number.isFinite(value))
      throw wrong(flag, text, "a number above 0");
    return value;
  };
}

/** `1,4,16`: one load level for each. */
export function listOf<T>(parse: Parser<T>): Parser<T[]> {
  return (text) => text.split(",").map((part) => parse(part.trim()));
}

/** A flag that can be repeated. */
export function collect<T>(parse: Parser<T>): (text: string, before?: T[]) => T[] {
  return (text, before = []) => [...before, parse(text)];
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Node's timers go no further: 2^31-1 ms. */
const LONGEST_MS = 0x7fffffff;

/** `500ms`, `30s`, `5m`, `1h`, as milliseconds; a bare number is not accepted, because nobody can know its unit. */
export function duration(flag: string, leastMs = Number.MIN_VALUE): Parser<number> {
  return (text) => {
    const match = /^([0-9]*\.?[0-9]+)(ms|s|m|h)$/.exec(text);
    const value = match === null ? NaN : Number(match[1]) * (unitMs[match[2] as string] as number);
    if (!(value >= leastMs)) throw wrong(flag, text, "a duration such as 500ms, 30s or 5m");
    if (value > LONGEST_MS) throw wrong(flag, text, "a duration of at most 24 days");
    return value;
  };
}

/** As `duration`, and `7d`, for what is no timer: up to ten years. */
export function retention(flag: string): Parser<number> {
  return (text) => {
    const match = /^([0-9]*\.?[0-9]+)(ms|s|m|h|d)$/.exec(text);
    const value = match === null ? NaN : Number(match[1]) * ({ ...unitMs, d: DAY_MS }[match[2] as string] as number);
    if (!(value >= 1)) throw wrong(flag, text, "a duration such as 90s, 12h or 30d");
    if (value > 3660 * DAY_MS) throw wrong(flag, text, "a duration of at most ten years");
    return value;
  };
}

const DAY_MS = 86_400_000;

const unitBytes: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `500MB`, `2GB`, `1GiB`, as bytes. */
export function byteSize(flag: string, least = 1): Parser<number> {
  return (text) => {
    const match = /^([0-9]*\.?[0-9]+)([KMGT]i?B|B)$/.exec(text);
    const value = match === null ? NaN : Math.round(Number(match[1]) * (unitBytes[match[2] as string] as number));
    if (!(value >= least && Number.isSafeInteger(value)))
      throw wrong(flag, text, `a size such as 500MB or 2GB, of at least ${least / 1e6} MB`);
    return value;
  };
}

/** `20` requests or `5s`. */
export function warmup(flag: string): Parser<BenchPlan["warmup"]> {
  return (text) =>
    /^[0-9]+$/.test(text)
      ? { by: "requests", requests: wholeNumber(flag, 0)(text) }
      : { by: "time", duration_ms: duration(flag)(text) };
}

/** More than any model takes, and a prompt that fits into memory. */
const MOST_TOKENS = 10_000_000;

/** `512` or `512:64`: mean and standard deviation. */
export function meanAndDeviation(flag: string): Parser<{ mean: number; sd: number }> {
  return (text) => {
    const match = /^([0-9]+)(?::([0-9]*\.?[0-9]+))?$/.exec(text);
    const mean = Number(match?.[1]);
    const sd = Number(match?.[2] ?? 0);
    if (match === null || !(mean >= 1))
      throw wrong(flag, text, "a mean, or a mean and a deviation, such as 512 or 512:64");
    if (Math.max(mean, sd) > MOST_TOKENS) throw wrong(flag, text, `a number of tokens up to ${MOST_TOKENS}`);
    return { mean, sd };
  };
}

/** `constant`, `poisson`, `gamma:CV` or `trace`. */
export function arrival(flag: string): Parser<Arrival> {
  return (text) => {
    if (text === "constant" || text === "poisson" || text === "trace") return { process: text };
    const match = /^gamma:([0-9]*\.?[0-9]+)$/.exec(text);
    if (match === null || !(Number(match[1]) > 0))
      throw wrong(flag, text, "constant, poisson, gamma:CV (such as gamma:2) or trace");
    return { process: "gamma", cv: Number(match[1]) };
  };
}

/** `ttft=500ms,tpot=50ms,e2e=10s`. */
export function serviceLevels(flag: string): Parser<NonNullable<BenchPlan["slo"]>> {
  return (text) => {
    const slo: NonNullable<BenchPlan["slo"]> = { ttft: null, tpot: null, e2e: null };
    for (const part of text.split(",")) {
      const match = /^\s*(ttft|tpot|e2e)=(.+)$/.exec(part);
      if (match === null) throw wrong(flag, text, "a list such as ttft=500ms,tpot=50ms,e2e=10s");
      slo[match[1] as keyof typeof slo] = duration(flag)((match[2] as string).trim());
    }
    return slo;
  };
}

/** `Name: value`. The value is never shown: it may be a secret. */
export function header(flag: string): Parser<[name: string, value: string]> {
  return (text) => {
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon)).trim();
    const value = text.slice(colon + 1).trim();
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
      throw new UserError(`${flag} has no header name before a colon`, { hint: `write ${flag} 'X-Name: value'` });
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new UserError(`${flag} ${name} has a character that a header cannot carry`);
    if (/^(host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect)$/i.test(name))
      throw new UserError(`${flag} ${name} would change how the request is framed`, {
        hint: "InferGuard sets it itself",
      });
    return [name, value];
  };
}

/** `host:port:address`, as curl has it. */
export function resolveOverride(flag: string): Parser<{ host: string; port: number; address: string }> {
  return (text) => {
    const match = /^(.+?):([0-9]{1,5}):(.+)$/.exec(text);
    const [, host = "", port = "", address = ""] = match ?? [];
    if (match === null || Number(port) > 65_535 || !isAddress(address))
      throw wrong(flag, text, "host:port:address, such as llm.internal:8000:10.0.0.7");
    return { host, port: Number(port), address: address.replace(/^\[(.*)\]$/, "$1") };
  };
}

/** An IPv4 or IPv6 address, as a URL takes it: anything else would be looked up as a name. */
function isAddress(text: string): boolean {
  if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text)) return URL.canParse(`http://${text}`);
  return text.includes(":") && URL.canParse(`http://[${text.replace(/^\[(.*)\]$/, "$1")}]`);
}

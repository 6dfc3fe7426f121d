/** What a proof is about: what a command was allowed to reach, and what it did reach. */
import { type Authority, isUnixSocket } from "../authority.ts";

/** What one flag of the command allows, with the addresses that its name has. */
export interface Allowed {
  authority: Authority;
  /** Empty for a listener. */
  addresses: readonly string[];
  /** Its name is looked up by the command: not for an address, and not with --resolve. */
  isLookedUp: boolean;
}

export const UNAUTHORISED = "UNAUTHORISED";

export interface Destination {
  /** The flag that allows it, `loopback`, `dns-resolver`, `unix`, or `UNAUTHORISED`. */
  group: string;
  protocol: "tcp" | "udp" | "unix" | "other";
  /** `missed`: it looked for a Unix socket where there was none. */
  what: "connected" | "sent" | "listened" | "looked up" | "missed" | "asked for a socket";
  /** The name that the flag gave; null where no flag did. */
  host: string | null;
  ip: string | null;
  port: number | null;
  /** Of a Unix socket; one that starts with `@` is abstract. */
  path: string | null;
  /** The name that was looked up. */
  asked: string | null;
  /** What cannot be said with an address. */
  note: string | null;
  times: number;
  /** Null where nobody counted them. */
  bytesOut: number | null;
  bytesIn: number | null;
}

export function destination(
  group: string,
  what: Destination["what"],
  at: Partial<Omit<Destination, "group" | "what">>,
): Destination {
  const nowhere = { protocol: "other", host: null, ip: null, port: null, path: null, asked: null, note: null } as const;
  return { ...nowhere, times: 1, bytesOut: null, bytesIn: null, ...at, group, what };
}

/** The same destination twice is one, reached twice. */
export function mergeDestinations(destinations: readonly Destination[]): Destination[] {
  const merged = new Map<string, Destination>();
  for (const each of destinations) {
    const { group, what, protocol, host, ip, port, path, asked, note } = each;
    const key = JSON.stringify([group, what, protocol, host, ip, port, path, asked, note]);
    const before = merged.get(key);
    if (before === undefined) merged.set(key, { ...each });
    else before.times += each.times;
  }
  return [...merged.values()];
}

/** Categories that may listen on a loopback address; the others name a host. */
export const listening: ReadonlySet<string> = new Set([
  "localhost-proxy",
  "localhost-daemon",
  "loopback-prometheus",
  "loopback-mimic",
]);

/** On a loopback address. The daemon's Unix socket is no such listener, though it has no port either. */
export function mayListen(authority: Authority): boolean {
  return listening.has(authority.category) && !isUnixSocket(authority);
}

/** The flags that allow this address, as one name: two of them can name the same server. */
export function flagsFor(
  allowed: readonly Allowed[],
  ip: string,
  port: number,
): { group: string; host: string } | null {
  const named = allowed.filter(({ authority, addresses }) => authority.port === port && addresses.includes(ip));
  const [first] = named;
  if (first === undefined) return null;
  return {
    group: [...new Set(named.map(({ authority }) => authority.flag))].join(" and "),
    host: first.authority.host,
  };
}

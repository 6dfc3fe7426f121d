/**
 * An authority: one destination (or one loopback listener) that one flag of this command named. Every connection and
 * every listener needs one. They are minted by the flag parser in src/cli and nowhere else; a test holds that. Nothing in
 * a config file, an environment variable, a redirect, a response or a dataset can become one.
 */

export type AuthorityCategory =
  | "inference-endpoint"
  | "metrics-endpoint"
  | "localhost-proxy"
  | "localhost-daemon"
  | "loopback-prometheus"
  | "loopback-mimic"
  | "otlp-endpoint"
  | "proxy";

export interface Authority {
  readonly category: AuthorityCategory;
  /** Name or address, lower case, without brackets; of a localhost-daemon also the path of its Unix socket. */
  readonly host: string;
  /** 0 only for a listener, for a Unix socket, or for a mimic whose ephemeral port is not known yet. */
  readonly port: number;
  /** The flag that named it, as typed: `--endpoint`. */
  readonly flag: string;
}

const minted = new WeakSet<Authority>();

/** For src/cli alone. */
export function mintAuthority(category: AuthorityCategory, host: string, port: number, flag: string): Authority {
  checkPort(port, 0);
  if (host.startsWith("/")) return mintSocketAuthority(category, host, port, flag);
  return remember({ category, host: host.toLowerCase().replace(/^\[(.*)\]$/, "$1"), port, flag });
}

/** The path of a Unix socket is taken as it is. */
function mintSocketAuthority(category: AuthorityCategory, path: string, port: number, flag: string): Authority {
  if (category !== "localhost-daemon" || port !== 0)
    throw new TypeError(`${category} has no Unix socket, and a Unix socket has no port`);
  return remember({ category, host: path, port, flag });
}

/** Its host is the path of a Unix socket. */
export function isUnixSocket({ category, host }: Authority): boolean {
  return category === "localhost-daemon" && host.startsWith("/");
}

/** True only for what `mintAuthority` made: an object of the same shape has no power. */
export function isMinted(authority: Authority): boolean {
  return minted.has(authority);
}

/**
 * The authority to reach a mimic that this command started itself, once the mimic has said on which ephemeral port of
 * 127.0.0.1 it listens. No other authority can be narrowed.
 */
export function narrowToMimicPort(authority: Authority, port: number): Authority {
  const isMimic = isMinted(authority) && authority.category === "loopback-mimic" && authority.host === "127.0.0.1";
  if (!isMimic || authority.port !== 0)
    throw new TypeError("only a minted loopback-mimic authority without a port can be narrowed to one");
  checkPort(port, 1);
  return remember({ ...authority, port });
}

function checkPort(port: number, lowest: 0 | 1): void {
  if (!Number.isInteger(port) || port < lowest || port > 65535) throw new RangeError(`not a port: ${port}`);
}

function remember(authority: Authority): Authority {
  const frozen = Object.freeze(authority);
  minted.add(frozen);
  return frozen;
}

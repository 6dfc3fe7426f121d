/**
 * The gate: the only place that opens a connection to another process. It opens one only for an authority, to an address
 * that the authority's own name had when it was first looked up, and counts what went each way.
 *
 * With a proxy that a flag named, every connection is one to the proxy, which is asked for a tunnel. It ignores proxy
 * variables, never follows anything, and once closed refuses everything.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Authority, isMinted, isUnixSocket } from "./authority.ts";
import { type CountedStream, openByteStream } from "./byte-stream.ts";
import { type Connection, type Counted, openConnection } from "./connection.ts";
import type { Wanted } from "./establish.ts";
import { failureOf } from "./failure.ts";
import { guardDenials } from "./guard/denials.ts";
import { refuseWithoutGuard } from "./refuse-without-guard.ts";
import type { NetFailure, TlsSettings } from "./http-client.ts";
import { withLookUp } from "./tickets.ts";
import type { Tunnel } from "./tunnel.ts";

/** `--resolve host:port:address`: this address, and no look-up. */
export interface ResolveOverride {
  host: string;
  port: number;
  address: string;
}

/** `--proxy`: the way of every connection. */
export interface ProxySettings extends Pick<Tunnel, "proxyTls" | "headers"> {
  authority: Authority;
}

/** What one authority was used for. */
export interface AuthorityUse {
  authority: Authority;
  /** The flag of the proxy through which it was reached, and whose own bytes hold these; null without one. */
  via: string | null;
  addresses: number;
  lookups: number;
  connections: number;
  bytesOut: number;
  bytesIn: number;
}

export interface Gate {
  /** Null without one. */
  readonly proxy: Authority | null;
  /** The pinned addresses, of the proxy if there is one. The first call looks the name up, the only time that is done. */
  resolve(authority: Authority): Promise<{ addresses: readonly string[] } | { failure: NetFailure }>;
  /** A new connection to the next address in turn, or to `address` if it is one of the pinned. It never rejects. */
  connect(
    authority: Authority,
    tls: TlsSettings | null,
    options: { timeoutMs: number; signal?: AbortSignal | undefined; address?: string },
  ): Promise<{ connection: Connection } | { failure: NetFailure }>;
  /** The same for who passes bytes on. */
  connectStream(
    authority: Authority,
    tls: TlsSettings | null,
    options: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<{ connection: CountedStream } | { failure: NetFailure }>;
  /** Takes an address out of the turn, because it did not answer. The last one stays. */
  drop(authority: Authority, address: string): void;
  uses(): AuthorityUse[];
  /** What this gate refused, and what the guard denied to code that went round it. */
  denials(): { reason: string; count: number }[];
  close(): void;
}

/** @throws UserError when the guard could not be installed. */
export function openGate(options: { resolve?: readonly ResolveOverride[]; proxy?: ProxySettings | null } = {}): Gate {
  refuseWithoutGuard();
  const proxy = options.proxy ?? null;
  const destinations = new Map<string, Destination>();
  const denied = new Map<string, number>();
  const open = new Set<Counted>();
  let closed = false;

  function destinationOf(authority: Authority): Destination {
    const key = `${authority.category} ${authority.flag} ${authority.host} ${authority.port}`;
    let destination = destinations.get(key);
    if (destination === undefined) {
      destination = {
        authority,
        via: proxy === null || authority === proxy.authority ? null : proxy.authority.flag,
        pinned: null,
        addressCount: 0,
        turn: 0,
        lookups: 0,
        connections: 0,
        closedOut: 0,
        closedIn: 0,
        open: new Set(),
      };
      destinations.set(key, destination);
    }
    return destination;
  }

  function deny(reason: string): { failure: NetFailure } {
    denied.set(reason, (denied.get(reason) ?? 0) + 1);
    return { failure: { kind: "posture_denied", message: `InferGuard refused the connection: ${reason}` } };
  }

  function refusal(authority: Authority): string | null {
    if (closed) return "the gate is closed";
    if (!isMinted(authority)) return "no flag of this command names the destination";
    if (authority.port === 0 && !isUnixSocket(authority)) return "the authority has no port to connect to";
    if (proxy !== null && isUnixSocket(authority)) return "no proxy leads to a Unix socket";
    if (proxy !== null && !isMintedProxy(proxy.authority)) return "no flag of this command names the proxy";
    return null;
  }

  /** Whose addresses a connection is made to. */
  function firstStop(authority: Authority): Destination {
    return destinationOf(proxy?.authority ?? authority);
  }

  function overrideOf({ host, port }: Authority): string | undefined {
    return options.resolve?.find((entry) => entry.host.toLowerCase() === host && entry.port === port)?.address;
  }

  async function pin(destination: Destination): Promise<string[]> {
    const { authority } = destination;
    const { host } = authority;
    const fixed = overrideOf(authority) ?? (isIP(host) !== 0 || isUnixSocket(authority) ? host : null);
    if (fixed === null) destination.lookups++;
    const answers = fixed === null ? await lookUp(host) : [{ address: fixed }];
    const addresses = [...new Set(answers.map((answer) => answer.address))];
    destination.addressCount = addresses.length;
    return addresses;
  }

  async function resolve(authority: Authority): Promise<{ addresses: readonly string[] } | { failure: NetFailure }> {
    const reason = refusal(authority);
    if (reason !== null) return deny(reason);
    const destination = firstStop(authority);
    destination.pinned ??= pin(destination);
    try {
      return { addresses: await destination.pinned };
    } catch (error) {
      const { message } = failureOf(error, "connecting");
      return { failure: { kind: "dns", message } };
    }
  }

  async function connectBy<T extends Counted>(
    opener: (wanted: Wanted & { address: string; port: number }) => {
      connection: T;
      ready: Promise<NetFailure | null>;
    },
    authority: Authority,
    tls: TlsSettings | null,
    { timeoutMs, signal, address }: { timeoutMs: number; signal?: AbortSignal | undefined; address?: string },
  ): Promise<{ connection: T } | { failure: NetFailure }> {
    const resolved = await resolve(authority);
    if ("failure" in resolved) return resolved;
    // The gate can have closed while the name was looked up.
    if (closed) return deny("the gate is closed");
    const { addresses } = resolved;
    const first = firstStop(authority);
    if (address !== undefined && !addresses.includes(address)) return deny("the address is not one of the name's");
    const target = address ?? addresses[first.turn++ % addresses.length];
    if (target === undefined) return { failure: { kind: "dns", message: "the name has no address" } };
    const tunnel =
      proxy === null ? null : { ...proxy, host: overrideOf(authority) ?? authority.host, port: authority.port };
    const { port } = first.authority;
    const { connection, ready } = opener({ address: target, port, tunnel, tls, timeoutMs, signal });
    const own = destinationOf(authority);
    const crossed = own === first ? [first] : [first, own];
    open.add(connection);
    for (const each of crossed) begin(each, connection);
    connection.onClosed(() => {
      open.delete(connection);
      for (const each of crossed) end(each, connection);
    });
    const failure = await ready;
    if (failure !== null && closed)
      return { failure: { kind: "cancelled", message: "the gate was closed while connecting" } };
    return failure === null ? { connection } : { failure };
  }

  return {
    proxy: proxy?.authority ?? null,
    resolve,
    connect: (authority, tls, wanted) => connectBy(openConnection, authority, tls, wanted),
    connectStream: (authority, tls, wanted) => connectBy(openByteStream, authority, tls, wanted),

    drop(authority, address) {
      const { pinned } = firstStop(authority);
      if (pinned === null) return;
      void pinned.then((addresses) => {
        const index = addresses.indexOf(address);
        if (index >= 0 && addresses.length > 1) addresses.splice(index, 1);
      });
    },

    uses: () => [...destinations.values()].map(useOf),
    denials: () => [...[...denied].map(([reason, count]) => ({ reason, count })), ...guardDenials()],

    close() {
      closed = true;
      for (const connection of open) connection.destroy();
    },
  };
}

function isMintedProxy(authority: Authority): boolean {
  return isMinted(authority) && authority.category === "proxy";
}

function lookUp(host: string): Promise<{ address: string }[]> {
  return withLookUp(host, () => lookup(host, { all: true, order: "verbatim" }));
}

interface Destination {
  authority: Authority;
  via: string | null;
  pinned: Promise<string[]> | null;
  /** How many the name had, the dropped ones included. */
  addressCount: number;
  turn: number;
  lookups: number;
  connections: number;
  /** Bytes of the connections that are over; the open ones still count by themselves. */
  closedOut: number;
  closedIn: number;
  open: Set<Counted>;
}

function begin(destination: Destination, connection: Counted): void {
  destination.connections++;
  destination.open.add(connection);
}

function end(destination: Destination, connection: Counted): void {
  const bytes = bytesOf(destination, connection);
  destination.open.delete(connection);
  destination.closedOut += bytes.out;
  destination.closedIn += bytes.in;
}

/** What was said to the proxy itself is the proxy's alone. */
function bytesOf({ via }: Destination, connection: Counted): { out: number; in: number } {
  const { bytesOut, bytesIn, proxyBytesOut, proxyBytesIn } = connection;
  return via === null ? { out: bytesOut, in: bytesIn } : { out: bytesOut - proxyBytesOut, in: bytesIn - proxyBytesIn };
}

function useOf(destination: Destination): AuthorityUse {
  const { authority, via, addressCount: addresses, lookups, connections } = destination;
  const open = [...destination.open].map((connection) => bytesOf(destination, connection));
  return {
    authority,
    via,
    addresses,
    lookups,
    connections,
    bytesOut: open.reduce((sum, bytes) => sum + bytes.out, destination.closedOut),
    bytesIn: open.reduce((sum, bytes) => sum + bytes.in, destination.closedIn),
  };
}

/**
 * Every call of a record, under the flag that allows it. What no flag allows is UNAUTHORISED, also when the system refused
 * it: the promise is that nothing else is tried.
 */
import { isUnixSocket } from "../authority.ts";
import { isLoopback } from "../loopback.ts";
import { type Allowed, type Destination, destination, flagsFor, mayListen, UNAUTHORISED } from "./destination.ts";
import { nameAskedFor } from "./dns-question.ts";
import type { Address, NetworkCall } from "./network-calls.ts";
import { isResolverSocket, type Resolver } from "./resolver.ts";

export interface Judge {
  /** Null for a call that names no destination: one to the kernel itself, or on a socket that was judged before. */
  judge(call: NetworkCall): Destination | null;
  /** What the calls cannot show. Asked once, after the last call. */
  doubts(): string[];
}

type Internet = Extract<Address, { family: "internet" }>;

/** @param ports `ip:port` where the command itself listened: an ephemeral port is known only from its own record */
export function createJudge(allowed: readonly Allowed[], resolver: Resolver, ports: ReadonlySet<string>): Judge {
  const listeners = allowed.map(({ authority }) => authority).filter(mayListen);
  const sockets = allowed.map(({ authority }) => authority).filter(isUnixSocket);
  const names = allowed.filter(({ isLookedUp }) => isLookedUp).map(({ authority }) => authority.host);
  const unread = new Set<string>();
  /** Connections to the resolver over which no question was seen: one can be written without a call that is recorded. */
  let unasked = 0;

  function internet(call: NetworkCall, { ip, port }: Internet): Destination | null {
    const { act, protocol } = call;
    const at = { protocol, ip, port };
    if (act === "bind" || act === "listen") {
      // A TCP socket that is bound reaches nobody until it listens, and only then has the port that it was given.
      if (act === "bind" && protocol === "tcp") return null;
      const mayBe = isLoopback(ip) && listeners.some((authority) => authority.port === 0 || authority.port === port);
      return destination(mayBe ? "loopback" : UNAUTHORISED, "listened", at);
    }
    const flags = protocol === "tcp" ? flagsFor(allowed, ip, port) : null;
    if (flags !== null) return destination(flags.group, "connected", { ...at, host: flags.host });
    if (protocol === "tcp" && listeners.length > 0 && isLoopback(ip) && ports.has(placeOf({ ip, port })))
      return destination("loopback", "connected", at);
    if (port === 53) return lookUp(call, at);
    // A resolver's way to sort the addresses of a name: it sets a route and can send nothing.
    const isSorting = protocol === "udp" && act === "connect" && port === 0;
    if (isSorting && allowed.some(({ addresses }) => addresses.includes(ip))) return null;
    return destination(UNAUTHORISED, act === "send" ? "sent" : "connected", at);
  }

  /** The server must be the system's own, and the name one that a flag gave. */
  function lookUp(call: NetworkCall, at: Partial<Destination> & { ip: string }): Destination {
    const asked = call.data.map(nameAskedFor).filter((name) => name !== null);
    const foreign = asked.find((name) => !names.some((host) => isQuestionFor(host, name, resolver.searchDomains)));
    const isAllowed = names.length > 0 && resolver.servers.includes(at.ip) && foreign === undefined;
    if (isAllowed && call.protocol === "tcp") unread.add("over TCP");
    if (isAllowed && call.protocol === "udp") unasked += call.act === "connect" ? 1 : -asked.length;
    const group = isAllowed ? "dns-resolver" : UNAUTHORISED;
    const name = foreign ?? asked[0];
    if (name !== undefined) return destination(group, "looked up", { ...at, asked: name });
    return destination(group, call.act === "send" ? "sent" : "connected", at);
  }

  function unix(call: NetworkCall, path: string): Destination {
    const at = { protocol: "unix", path } as const;
    const isDaemons = sockets.some(({ host }) => host === path);
    if (call.act === "bind") return destination(isDaemons ? "unix" : UNAUTHORISED, "listened", at);
    // The C library looks for a resolver's socket in each program that asks for a name or a user.
    if (!call.succeeded) return destination("unix", "missed", at);
    if (names.length > 0 && isResolverSocket(path)) {
      unread.add(`through ${path}`);
      return destination("dns-resolver", "connected", at);
    }
    const group = isDaemons && call.act === "connect" ? "unix" : UNAUTHORISED;
    return destination(group, call.act === "send" ? "sent" : "connected", at);
  }

  return {
    judge(call) {
      const { to, peer, act, protocol, data } = call;
      if (act === "socket") {
        const isRefused = !call.succeeded && to?.family === "other";
        return isRefused ? destination(UNAUTHORISED, "asked for a socket", { note: to.name }) : null;
      }
      if (act === "listen" && protocol === "unix") return null;
      if (to?.family === "kernel") return null;
      if (to?.family === "internet") return internet(call, to);
      if (to?.family === "unix") return unix(call, to.path);
      if (to?.family === "other")
        return destination(UNAUTHORISED, act === "send" ? "sent" : "connected", { note: `the family ${to.name}` });
      // On a connected socket, whose connection was judged when it was made; questions to a resolver are read here.
      if (act === "send")
        return peer?.family === "internet" && peer.port === 53 && data.length > 0 ? internet(call, peer) : null;
      const what = act === "connect" ? "connected" : "listened";
      return destination(UNAUTHORISED, what, { protocol, note: "at an address that was not recorded" });
    },
    doubts: () =>
      [...unread, ...(unasked > 0 ? ["in a way that is not recorded"] : [])].map(
        (how) => `names were asked for ${how}, where the questions cannot be read`,
      ),
  };
}

/** `127.0.0.1:8000`, to find a listener again. */
export function placeOf({ ip, port }: { ip: string; port: number }): string {
  return `${ip}:${port}`;
}

/** The name itself, or with one of the domains that the system tries after it. */
function isQuestionFor(host: string, asked: string, searchDomains: readonly string[]): boolean {
  const name = host.replace(/\.$/, "");
  return asked === name || searchDomains.some((domain) => asked === `${name}.${domain}`);
}

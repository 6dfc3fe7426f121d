/** What a system call of the record asks of the network, in our own words. It knows nothing of who may do what. */
import { isIP } from "node:net";
import { type TraceCall, unquote } from "./trace-calls.ts";

/** Where a call was pointed. */
export type Address =
  | { family: "internet"; ip: string; port: number }
  | { family: "unix"; path: string }
  /** The kernel itself, or the end of an association: nothing leaves. */
  | { family: "kernel" }
  | { family: "other"; name: string };

export type Protocol = "tcp" | "udp" | "unix" | "other";

export interface NetworkCall {
  act: "connect" | "send" | "bind" | "listen" | "socket";
  protocol: Protocol;
  /** Null when the call names none: a send on a connected socket, a listen on one that was never bound. */
  to: Address | null;
  /** The other end of a connected socket. */
  peer: Address | null;
  /** The first bytes of each message of a send. */
  data: Buffer[];
  succeeded: boolean;
}

const acts = {
  connect: "connect",
  sendto: "send",
  sendmsg: "send",
  sendmmsg: "send",
  bind: "bind",
  listen: "listen",
  socket: "socket",
} as const;

/** A call on several addresses is several; anything else than these calls is none. */
export function networkCallsOf(call: TraceCall): NetworkCall[] {
  if (!Object.hasOwn(acts, call.name)) return [];
  const act = acts[call.name as keyof typeof acts];
  if (act === "socket") return [socketCall(call)];
  const socket = socketOf(call.args);
  const base = { act, protocol: socket.protocol, peer: socket.peer, data: [], succeeded: succeeded(call) };
  if (act === "listen") return [{ ...base, to: socket.local }];
  const addresses = addressesIn(call.args, act);
  if (act !== "send") return (addresses.length === 0 ? [null] : addresses).map((to) => ({ ...base, to }));
  const data = dataIn(call);
  return addresses.length === 0 ? [{ ...base, to: null, data }] : addresses.map((to) => ({ ...base, to, data }));
}

/** Its address is its family: `socket(AF_INET, ...)`. A Unix socket, or one to the kernel, reaches no other machine. */
function socketCall(call: TraceCall): NetworkCall {
  const [family = ""] = call.args.split(",");
  const to: Address = /^AF_(UNIX|NETLINK)$/.test(family) ? { family: "kernel" } : { family: "other", name: family };
  return { act: "socket", protocol: "other", to, peer: null, data: [], succeeded: call.succeeded };
}

/** A connection that is on its way has left. */
function succeeded(call: TraceCall): boolean {
  return call.succeeded || /^-1 (EINPROGRESS|EAGAIN|EINTR)\b/.test(call.result) || call.result.startsWith("?");
}

/** The decoration of -yy: `20<TCP:[127.0.0.1:4->127.0.0.1:80]>`, `18<UNIX-STREAM:[7]>`, `20<UDP:[7]>`. */
function socketOf(args: string): { protocol: Protocol; local: Address | null; peer: Address | null } {
  const [, kind = "", ends = ""] = /^\d+<([A-Za-z0-9-]+):\[([^>]*(?:->[^>]*)?)\]>/.exec(args) ?? [];
  const protocol = /^TCP(v6)?$/.test(kind)
    ? "tcp"
    : /^UDP(v6)?$/.test(kind)
      ? "udp"
      : kind.startsWith("UNIX")
        ? "unix"
        : "other";
  if (protocol === "unix") {
    const path = /,(@?)"([^"]*)"$/.exec(ends);
    const local =
      path === null ? null : ({ family: "unix", path: `${path[1]}${unquote(path[2] ?? "").toString()}` } as const);
    return { protocol, local, peer: null };
  }
  const [local = "", peer = ""] = ends.split("->");
  return { protocol, local: endOf(local), peer: endOf(peer) };
}

function endOf(text: string): Address | null {
  const match = /^\[?(.+?)\]?:(\d+)$/.exec(text);
  if (match === null || isIP(match[1] ?? "") === 0) return null;
  return internet(match[1] ?? "", Number(match[2]));
}

function addressesIn(args: string, act: NetworkCall["act"]): Address[] {
  return [...args.matchAll(/\{sa_family=(\w+)((?:[^{}"]|"[^"]*")*)\}/g)].map(([, family = "", rest = ""]) => {
    if (family === "AF_INET" || family === "AF_INET6") {
      const ip = /inet_(?:addr\(|pton\(AF_INET6, )"([^"]*)"/.exec(rest)?.[1];
      const port = /htons\((\d+)\)/.exec(rest)?.[1];
      if (ip !== undefined && port !== undefined) return internet(unquote(ip).toString("latin1"), Number(port));
    }
    if (family === "AF_UNIX") {
      const [, abstract = "", path = ""] = /sun_path=(@?)"([^"]*)"/.exec(rest) ?? [];
      return { family: "unix", path: `${abstract}${unquote(path).toString()}` };
    }
    // To connect to no family is to disconnect; to send to it is to send to the IPv4 address that stands there.
    if (family === "AF_NETLINK" || (family === "AF_UNSPEC" && act === "connect")) return { family: "kernel" };
    return { family: "other", name: family };
  });
}

/** An IPv4-mapped address is the IPv4 address. */
function internet(ip: string, port: number): Address {
  return { family: "internet", ip: ip.replace(/^::ffff:(?=\d+\.)/i, ""), port };
}

function dataIn({ name, args }: TraceCall): Buffer[] {
  if (name === "sendto") {
    const first = /, "([^"]*)"/.exec(args)?.[1];
    return first === undefined ? [] : [unquote(first)];
  }
  return [...args.matchAll(/iov_base="([^"]*)"/g)].map(([, text = ""]) => unquote(text));
}

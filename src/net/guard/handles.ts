/**
 * Sockets at the level of Node's handles, below every client library: what reaches here is the address itself, after
 * names, redirects and proxies. TCP and Unix sockets go out and listen with a ticket only, and UDP does neither.
 *
 * The process's own input and output may be adopted, whatever they are: they are the operator's.
 */
import { mayListen, takeConnection, takeListener, takePipeConnect } from "../tickets.ts";
import { eacces, guardMethods, prototypeOf, type Rule, shown } from "./patch.ts";

export function guardHandles(): void {
  guardMethods(prototypeOf("tcp_wrap", "TCP"), {
    label: "tcp",
    // oxfmt-ignore
    harmless: [
      "getsockname", "getpeername", "setNoDelay", "setKeepAlive", "setSimultaneousAccepts", "setTypeOfService",
      "getTypeOfService", "reset",
    ],
    rules: { connect, connect6: connect, bind, bind6: bind, listen, open: adopt("tcp open") },
  });
  guardMethods(prototypeOf("udp_wrap", "UDP"), {
    label: "udp",
    // oxfmt-ignore
    harmless: [
      "getsockname", "getpeername", "disconnect", "recvStop", "bufferSize", "getSendQueueSize", "getSendQueueCount",
      "setBroadcast", "setTTL", "setMulticastTTL", "setMulticastLoopback",
    ],
    rules: {
      connect: datagram(0, 1),
      connect6: datagram(0, 1),
      bind: datagram(0, 1),
      bind6: datagram(0, 1),
      send: datagram(4, 3),
      send6: datagram(4, 3),
      open: never("udp open"),
      recvStart: never("udp receive"),
    },
  });
  guardMethods(prototypeOf("pipe_wrap", "Pipe"), {
    label: "pipe",
    harmless: ["fchmod", "setPendingInstances"],
    rules: {
      connect: connectPipe,
      bind: {
        what: "unix socket listen",
        admits: (handle, args) => takeListener(handle, args[0], null),
        target: ([path]) => shown(path),
      },
      listen: { ...listen, what: "unix socket listen" },
      open: adopt("pipe open"),
    },
  });
}

const connect: Rule = {
  what: "tcp connect",
  admits: (handle, args) => takeConnection(handle, args[1], args[2]),
  target: ([, address, port]) => place(address, port),
};

const bind: Rule = {
  what: "tcp listen",
  admits: (handle, args) => takeListener(handle, args[0], args[1]),
  target: ([address, port]) => place(address, port),
};

/** Without a bind before it, TCP would listen at every address of the machine. */
const listen: Rule = { what: "tcp listen", admits: (handle) => mayListen(handle), target: () => "" };

/** A Unix socket is connected while its stream is being made, before anyone can listen for an error: so it comes later. */
const connectPipe: Rule = {
  what: "unix socket connect",
  admits: (_handle, [, path]) => takePipeConnect(path),
  target: ([, path]) => shown(path),
  deny(handle, [request]) {
    const { oncomplete } = request as { oncomplete?: (status: number, handle: object, request: unknown) => void };
    if (oncomplete === undefined) return eacces;
    setImmediate(() => oncomplete(eacces, handle, request));
    return 0;
  },
};

function adopt(what: string): Rule {
  const isStandard = (fd: unknown) => fd === 0 || fd === 1 || fd === 2;
  return { what, admits: (_handle, args) => isStandard(args[0]), target: ([fd]) => `fd ${shown(fd)}` };
}

function never(what: string): Rule {
  return { what, admits: () => false, target: () => "" };
}

/** With where its arguments have the address and the port. */
function datagram(address: number, port: number): Rule {
  return { what: "udp", admits: () => false, target: (args) => place(args[address], args[port]) };
}

function place(address: unknown, port: unknown): string {
  const host = shown(address);
  return host === "" ? "" : `${host.includes(":") ? `[${host}]` : host}:${shown(port)}`;
}

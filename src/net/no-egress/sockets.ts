/**
 * Sockets, at the level of Node's handles: below fetch, http, axios and every other library, after names, redirects and
 * proxies. A denied call answers EACCES, as the system would.
 */
import { eacces, prototypeOf } from "../guard/patch.ts";
import type { Policy } from "./policy.ts";
import type { Replacements } from "./replacements.ts";

export function watchSockets({ replace }: Replacements, policy: Policy): void {
  function watch(prototype: object, name: string, check: (args: unknown[]) => string | null, what: string): void {
    replace(prototype, name, (original) => {
      return function watched(this: unknown, ...args: unknown[]) {
        const target = check(args);
        if (target === null) return Reflect.apply(original, this, args);
        policy.deny(what, target);
        return eacces;
      };
    });
  }

  const toPlace = (address: unknown, port: unknown) => (policy.mayConnect(address, port) ? null : place(address, port));

  const tcp = prototypeOf("tcp_wrap", "TCP");
  for (const name of ["connect", "connect6"])
    watch(tcp, name, ([, address, port]) => toPlace(address, port), "tcp connect");

  const udp = prototypeOf("udp_wrap", "UDP");
  for (const name of ["connect", "connect6"]) watch(udp, name, ([address, port]) => toPlace(address, port), "udp");
  // Without an address it goes where the socket was connected to.
  for (const name of ["send", "send6"])
    watch(udp, name, (args) => (typeof args[4] === "string" ? toPlace(args[4], args[3]) : null), "udp");

  const pipe = prototypeOf("pipe_wrap", "Pipe");
  const toSocket = ([, path]: unknown[]) => (policy.mayConnectToSocket(path) ? null : String(path));
  watch(pipe, "connect", toSocket, "unix socket connect");
}

function place(address: unknown, port: unknown): string {
  const host = String(address);
  return `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

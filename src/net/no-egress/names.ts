/** Look-ups of names: only of loopback's own, and of those that a test was granted. Each other would be a packet to a resolver. */
import dns from "node:dns";
import { bindingOf, eacces, type Method, prototypeOf } from "../guard/patch.ts";
import { isLoopback } from "../loopback.ts";
import type { Policy } from "./policy.ts";
import type { Replacements } from "./replacements.ts";

export function watchNames({ replace }: Replacements, policy: Policy): void {
  replace(dns, "lookup", (original) => lookupWithCallback(original, policy));
  replace(dns.promises, "lookup", (original) => lookupWithPromise(original, policy));
  // The reverse: it asks a resolver what an address is called.
  replace(dns, "lookupService", (original) => {
    return function lookupService(this: unknown, ...args: unknown[]) {
      if (isLoopback(String(args[0]))) return Reflect.apply(original, this, args);
      callBack(args, denialOf(policy, String(args[0])));
      return undefined;
    };
  });
  replace(dns.promises, "lookupService", (original) => {
    return function lookupService(this: unknown, ...args: unknown[]) {
      if (isLoopback(String(args[0]))) return Reflect.apply(original, this, args);
      return Promise.reject(denialOf(policy, String(args[0])));
    };
  });
  watchResolvers(replace, policy);
  // What the functions above use, for code that takes it from there.
  replace(bindingOf("cares_wrap"), "getaddrinfo", (original) => {
    return function getaddrinfo(this: unknown, ...args: unknown[]) {
      if (policy.mayLookUp(args[1])) return Reflect.apply(original, this, args);
      policy.deny("look-up", String(args[1]));
      return eacces;
    };
  });
}

/** Node's own DNS client, which `resolve`, `reverse` and `Resolver` use. A test's own server on loopback may be asked. */
function watchResolvers(replace: Replacements["replace"], policy: Policy): void {
  const channel = prototypeOf("cares_wrap", "ChannelWrap");
  for (const name of Object.getOwnPropertyNames(channel).filter((each) => /^(query|getHostByAddr)/.test(each)))
    replace(channel, name, (original) => {
      return function query(this: unknown, ...args: unknown[]) {
        const servers = (this as { getServers(): [address: string, port: number][] }).getServers();
        if (servers.length > 0 && servers.every(([address]) => isLoopback(address)))
          return Reflect.apply(original, this, args);
        const [request, host] = args as [{ oncomplete(error: number): void }, unknown];
        policy.deny("look-up", String(host));
        // An error number as the answer would be thrown at the caller, who expects a callback or a promise to fail.
        process.nextTick(() => request.oncomplete(eacces));
        return 0;
      };
    });
}

function lookupWithCallback(original: Method, policy: Policy): Method {
  return function lookup(this: unknown, ...args: unknown[]) {
    const [host] = args;
    if (!policy.mayLookUp(host)) {
      callBack(args, denialOf(policy, String(host)));
      return undefined;
    }
    const callback = args.at(-1);
    if (typeof callback !== "function") return Reflect.apply(original, this, args);
    const learning = (error: unknown, found: unknown, ...rest: unknown[]) => {
      policy.learn(String(host), addressesIn(found));
      Reflect.apply(callback, undefined, [error, found, ...rest]);
    };
    return Reflect.apply(original, this, [...args.slice(0, -1), learning]);
  };
}

function lookupWithPromise(original: Method, policy: Policy): Method {
  return async function lookup(this: unknown, ...args: unknown[]) {
    const [host] = args;
    if (!policy.mayLookUp(host)) throw denialOf(policy, String(host));
    const found = await Reflect.apply(original, this, args);
    policy.learn(String(host), addressesIn(found));
    return found;
  };
}

/** One address, or all of them, with or without their family. */
function addressesIn(found: unknown): string[] {
  if (typeof found === "string") return [found];
  if (Array.isArray(found)) return found.flatMap(addressesIn);
  return typeof found === "object" && found !== null && "address" in found ? addressesIn(found.address) : [];
}

function denialOf(policy: Policy, host: string): Error {
  policy.deny("look-up", host);
  return Object.assign(new Error(`look-up of ${host} denied`), {
    code: "EACCES",
    syscall: "getaddrinfo",
    hostname: host,
  });
}

function callBack(args: readonly unknown[], error: Error): void {
  const callback = args.at(-1);
  if (typeof callback === "function") process.nextTick(callback, error);
}

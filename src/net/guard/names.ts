/** Look-ups: through the system's resolver with a ticket for that host only, and none by Node's own DNS client. */
import { admitsLookUp, takeLookUp } from "../tickets.ts";
import { bindingOf, denialOf, guardMethods, type Method, prototypeOf, replace, type Rule, shown } from "./patch.ts";

export function guardNames(): void {
  guardMethods(bindingOf("cares_wrap"), {
    label: "resolver",
    // oxfmt-ignore
    harmless: [
      "canonicalizeIP", "convertIpv6StringToBuffer", "strerror",
      "GetAddrInfoReqWrap", "GetNameInfoReqWrap", "QueryReqWrap", "ChannelWrap",
    ],
    rules: {
      getaddrinfo: { what: "look-up", admits: (_binding, args) => takeLookUp(args[1]), target: hostOf },
      getnameinfo: noQuery,
    },
  });
  guardMethods(prototypeOf("cares_wrap", "ChannelWrap"), {
    label: "dns",
    harmless: ["getServers", "setServers", "setLocalAddress", "cancel"],
    rules: Object.fromEntries(queries.map((name) => [name, noQuery])),
  });
  const loaded = Reflect.get(process, "moduleLoadList") as readonly string[];
  if (loaded.includes("NativeModule dns")) guardLoadedModule();
}

// oxfmt-ignore
const queries = [
  "getHostByAddr", "queryA", "queryAaaa", "queryAny", "queryCname", "queryMx", "queryNs", "queryPtr", "querySrv", "querySoa",
  "queryTxt",
];

const noQuery: Rule = { what: "look-up", admits: () => false, target: hostOf };

function hostOf([, host]: readonly unknown[]): string {
  return shown(host);
}

/** node:dns took the resolver's functions when it was loaded; if that was before the guard, it has the real ones. */
function guardLoadedModule(): void {
  const dns = process.getBuiltinModule("node:dns");
  for (const name of ["lookup", "lookupService"]) {
    replace(dns, name, (original) => guardedCall(original, name, callBack));
    replace(dns.promises, name, (original) => guardedCall(original, name, reject));
  }
}

const { apply } = Reflect;

function guardedCall(original: Method, name: string, deny: (error: Error, args: unknown[]) => unknown): Method {
  const { isIP } = process.getBuiltinModule("node:net");
  return function guarded(this: unknown, ...args: unknown[]) {
    // An address is not looked up.
    const asksNobody = typeof args[0] === "string" && isIP(args[0]) !== 0;
    if (name === "lookup" && (asksNobody || admitsLookUp(args[0]))) return apply(original, this, args);
    return deny(denialOf("look-up", shown(args[0])), args);
  };
}

function reject(error: Error): Promise<never> {
  return Promise.reject(error);
}

function callBack(error: Error, args: unknown[]): void {
  const callback = args.at(-1);
  if (typeof callback === "function") process.nextTick(callback, error);
}

/**
 * Native code has sockets of its own, which nothing here sees; and so have some of Node's newest modules, and the thread in
 * which a loader's code runs.
 */
import crypto from "node:crypto";
import module from "node:module";
import tls from "node:tls";
import type { Policy } from "./policy.ts";
import type { Replacements } from "./replacements.ts";

export function watchNativeCode({ replace }: Replacements, policy: Policy, allowAddons: boolean): { undo(): void } {
  const deny = (owner: object, name: string, what: string, targetOf: (args: unknown[]) => unknown) => {
    if (name in owner)
      replace(owner, name, () => {
        return function denied(...args: unknown[]) {
          throw denialOf(policy, what, String(targetOf(args)));
        };
      });
  };
  const path = ([first]: unknown[]) => first;
  const nodesOwn = process.getBuiltinModule.bind(process);
  let sqliteIsWatched = allowAddons;

  if (!allowAddons) {
    deny(process, "dlopen", "native code", ([, file]) => file);
    // OpenSSL loads an engine as native code.
    deny(crypto, "setEngine", "native code", path);
    const { context } = new (Reflect.get(tls, "SecureContext") as new () => { context: object })();
    const prototype = Object.getPrototypeOf(context) as object;
    deny(prototype, "setEngineKey", "native code", ([, engine]) => engine);
    deny(prototype, "setClientCertEngine", "native code", path);
  }
  deny(module, "register", "loader", path);

  const look = (specifier: string) => {
    if (/^(node:)?(ffi|quic|dtls)$/.test(specifier)) throw denialOf(policy, "module", specifier);
    if (sqliteIsWatched || !/^node:sqlite$/.test(specifier)) return;
    sqliteIsWatched = true;
    // Not before somebody asks for it: older Nodes warn of it.
    deny(nodesOwn("node:sqlite").DatabaseSync.prototype, "loadExtension", "native code", path);
  };
  replace(process, "getBuiltinModule", (original) => {
    return function getBuiltinModule(name: unknown) {
      look(String(name));
      return Reflect.apply(original, process, [name]);
    };
  });
  // The loader behind require: on older Nodes it goes past the hooks.
  replace(module, "_load", (original) => {
    return function _load(this: unknown, ...args: unknown[]) {
      look(String(args[0]));
      return Reflect.apply(original, this, args);
    };
  });
  const hooks = module.registerHooks({
    resolve(specifier, context, nextResolve) {
      look(specifier);
      return nextResolve(specifier, context);
    },
  });
  const showNames = keepNamesOutOfReports();
  return {
    undo() {
      hooks.deregister();
      showNames();
    },
  };
}

/** A diagnostic report looks up the names of all addresses that are in use. Returns what undoes it. */
function keepNamesOutOfReports(): () => void {
  const before = Reflect.get(process.report, "excludeNetwork") as boolean;
  const property = Object.getOwnPropertyDescriptor(process.report, "excludeNetwork");
  // Its setter tells Node; what stands there afterwards only says so.
  Reflect.set(process.report, "excludeNetwork", true);
  Object.defineProperty(process.report, "excludeNetwork", { value: true, writable: false, configurable: true });
  return () => {
    if (property === undefined) Reflect.deleteProperty(process.report, "excludeNetwork");
    else Object.defineProperty(process.report, "excludeNetwork", property);
    Reflect.set(process.report, "excludeNetwork", before);
  };
}

function denialOf(policy: Policy, what: string, target: string): Error {
  policy.deny(what, target);
  return Object.assign(new Error(`${what} denied: ${target}`), { code: "EACCES" });
}

/** Native code has sockets of its own, which nothing here sees; and so have some of Node's newest modules. */
import module from "node:module";
import type { Policy } from "./policy.ts";
import type { Replacements } from "./replacements.ts";

export function watchNativeCode({ replace }: Replacements, policy: Policy, allowAddons: boolean): { undo(): void } {
  if (!allowAddons)
    replace(process, "dlopen", () => {
      return function dlopen(_module: unknown, path: unknown) {
        throw denialOf(policy, "native code", String(path));
      };
    });
  const refuse = (specifier: string) => {
    if (/^(node:)?(ffi|quic|dtls)$/.test(specifier)) throw denialOf(policy, "module", specifier);
  };
  replace(process, "getBuiltinModule", (original) => {
    return function getBuiltinModule(name: unknown) {
      refuse(String(name));
      return Reflect.apply(original, process, [name]);
    };
  });
  const hooks = module.registerHooks({
    resolve(specifier, context, nextResolve) {
      refuse(specifier);
      return nextResolve(specifier, context);
    },
  });
  return { undo: () => hooks.deregister() };
}

function denialOf(policy: Policy, what: string, target: string): Error {
  policy.deny(what, target);
  return Object.assign(new Error(`${what} denied: ${target}`), { code: "EACCES" });
}

/**
 * Node's own modules, at the moment when code asks for one: what reaches out past the handles is refused, and a few
 * functions of the others are replaced, then and not at the start, which would pay for loading them all.
 */
import { hasNodesPrefix, kindOfModule, plainName } from "./builtin-modules.ts";
import { denialOf, forbid, replace } from "./patch.ts";

export function guardModules(): void {
  const module = process.getBuiltinModule("node:module");
  const { isBuiltin } = module;
  const nodesOwn: GetModule = process.getBuiltinModule.bind(process);
  module.registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      if (hasNodesPrefix(resolved.url)) admitModule(resolved.url, nodesOwn);
      return resolved;
    },
  });
  replace(
    process,
    "getBuiltinModule",
    (original) =>
      function getBuiltinModule(this: unknown, name: unknown) {
        if (typeof name === "string" && isBuiltin(name)) admitModule(name, nodesOwn);
        return apply(original, process, [name]);
      },
  );
  // The loader behind require: on the oldest Nodes a name with node: goes past the hooks there.
  replace(
    module,
    "_load",
    (original) =>
      function _load(this: unknown, ...args: unknown[]) {
        if (typeof args[0] === "string" && isBuiltin(args[0])) admitModule(args[0], nodesOwn);
        return apply(original, this, args);
      },
  );
  // Code of a loader runs in a thread of its own, with handles that nobody has guarded; a hook could answer before ours.
  forbid(module, "register", "loader");
  forbid(module, "registerHooks", "loader");
  for (const name of ["binding", "_linkedBinding"]) forbid(process, name, "internal binding");
  forbid(process, "dlopen", "native code", 1);
  keepNamesOutOfReports();
  synchronise = module.syncBuiltinESMExports;
  synchronise();
}

const { apply } = Reflect;
const { includes } = Array.prototype;
let synchronise = () => {};

type GetModule = (name: string) => Record<string, object>;

const guarded = Object.create(null) as Record<string, true | undefined>;

/** @throws EACCES for a module that is refused, or that nobody has looked at. */
function admitModule(name: string, load: GetModule): void {
  const plain = plainName(name);
  const kind = kindOfModule(plain);
  if (kind === undefined || kind === "refused") throw denialOf("module", `node:${plain}`);
  const guard = guards[plain];
  if (guard === undefined || guarded[plain] === true) return;
  guarded[plain] = true;
  const wasLoaded = apply(includes, loadedModules, [`NativeModule ${plain}`]);
  guard(load(`node:${plain}`), load);
  // Only who imported it before has the old functions; bringing every module's exports up to date takes milliseconds.
  if (wasLoaded) synchronise();
}

/** Node's own list, which grows. */
const loadedModules = Reflect.get(process, "moduleLoadList") as readonly string[];

/** What is replaced in a module before anyone gets it. */
const guards: Readonly<Record<string, (module: Record<string, object>, load: GetModule) => void>> = {
  // A thread starts with handles of its own, which nobody has guarded.
  worker_threads: (threads) => forbid(threads, "Worker", "worker thread"),
  inspector: guardInspector,
  "inspector/promises"(inspector, load) {
    admitModule("inspector", load);
    guardInspector(inspector);
  },
  // OpenSSL loads an engine as native code.
  crypto: (crypto) => forbidWhereThere(crypto, "setEngine", "native code"),
  tls(tls) {
    const { context } = new (tls["SecureContext"] as new () => { context: object })();
    const prototype = Object.getPrototypeOf(context) as object;
    for (const name of ["setEngineKey", "setClientCertEngine"]) forbidWhereThere(prototype, name, "native code");
  },
};

/** A debugger listens; and a session with oneself can read any variable, those of the guard included. */
function guardInspector(inspector: Record<string, object>): void {
  forbid(inspector, "open", "debugger");
  const session = (inspector["Session"] as { prototype: object }).prototype;
  for (const name of ["connect", "connectToMainThread"]) forbidWhereThere(session, name, "debugger");
}

function forbidWhereThere(owner: object, name: string, what: string): void {
  if (name in owner) forbid(owner, name, what);
}

/** A diagnostic report looks up the names of all addresses that are in use. */
function keepNamesOutOfReports(): void {
  // Its setter tells Node; what stands there afterwards only says so.
  Reflect.set(process.report, "excludeNetwork", true);
  Object.defineProperty(process.report, "excludeNetwork", { value: true, writable: false, configurable: false });
}

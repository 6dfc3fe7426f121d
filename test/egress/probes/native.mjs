/** Native code, which calls the kernel itself. The library connects as soon as it is loaded. */
import Module, { createRequire } from "node:module";
import { skip } from "./trying.mjs";

export const native = {
  "process.dlopen": (to) => process.dlopen({ exports: {} }, library(to)),
  "require of an addon": (to) => createRequire(import.meta.url)(library(to, "addon")),
  "node:ffi": async (to) => {
    const ffi = await nodesModule("ffi");
    ffi.dlopen(library(to), {});
  },
  "node:ffi of process.getBuiltinModule": async (to) => {
    await nodesModule("ffi");
    process.getBuiltinModule("node:ffi").dlopen(library(to), {});
  },
  "an extension of node:sqlite": async (to) => {
    extend(await nodesModule("sqlite"), to);
  },
  "an extension of node:sqlite by require": (to) => {
    extend(createRequire(import.meta.url)("node:sqlite"), to);
  },
  ...Object.fromEntries(
    Object.entries({
      "Map.prototype.get": [Map.prototype, "get", () => "neutral"],
      "String.prototype.startsWith": [String.prototype, "startsWith", () => false],
      "String.prototype.replace": [String.prototype, "replace", () => "path"],
      "String.prototype.slice": [String.prototype, "slice", () => "path"],
      "Module.isBuiltin": [Module, "isBuiltin", () => false],
    }).map(([name, [owner, member, other]]) => [
      `an extension of node:sqlite with another ${name}`,
      (to) => {
        const original = owner[member];
        const require = createRequire(import.meta.url);
        owner[member] = other;
        try {
          return extend(process.getBuiltinModule("node:sqlite"), to);
        } catch {
          return extend(require("node:sqlite"), to);
        } finally {
          owner[member] = original;
        }
      },
    ]),
  ),
  "an engine of node:crypto": async (to) => {
    const { setEngine } = await import("node:crypto");
    if (setEngine === undefined) skip("this Node has no crypto.setEngine");
    setEngine(library(to));
  },
  "an engine for a key of node:tls": async (to) => {
    const { createSecureContext } = await import("node:tls");
    createSecureContext({ privateKeyEngine: library(to), privateKeyIdentifier: "1" });
  },
  "an engine for a certificate of node:tls": async (to) => {
    const { createSecureContext } = await import("node:tls");
    createSecureContext({ clientCertEngine: library(to) });
  },
};

function extend({ DatabaseSync }, to) {
  new DatabaseSync(":memory:", { allowExtension: true }).loadExtension(library(to));
}

function library(to, kind = "library") {
  return to[kind] ?? skip("there is no C compiler");
}

async function nodesModule(name) {
  try {
    return await import(/* @vite-ignore */ `node:${name}`);
  } catch (error) {
    if (error.code === "ERR_UNKNOWN_BUILTIN_MODULE") skip(`this Node has no node:${name}`);
    throw error;
  }
}

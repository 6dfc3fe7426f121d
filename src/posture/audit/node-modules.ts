/**
 * What each module of Node's can do. A module that stands here as neutral may be imported by any code; every other one
 * is a capability that has to be listed, one that this file does not know included.
 */

/** What code that runs can do, by what it uses. `anything` gives a way to all the others. */
export const capabilityKinds = ["network", "process", "thread", "code", "native", "signal", "anything"] as const;

export type CapabilityKind = (typeof capabilityKinds)[number];

const neutral: ReadonlySet<string> = new Set([
  "assert",
  "assert/strict",
  "async_hooks",
  "buffer",
  "console",
  "constants",
  "crypto",
  "events",
  "fs",
  "fs/promises",
  "os",
  "path",
  "path/posix",
  "path/win32",
  "perf_hooks",
  "process",
  "punycode",
  "querystring",
  "readline",
  "readline/promises",
  "stream",
  "stream/consumers",
  "stream/promises",
  "stream/web",
  "string_decoder",
  "sys",
  "timers",
  "timers/promises",
  "tty",
  "url",
  "util",
  "util/types",
  "zlib",
]);

const kinds: readonly [pattern: RegExp, kind: CapabilityKind][] = [
  [/^(net|tls|https?|http2|dgram|dns|dns\/promises|quic|inspector|inspector\/promises)$/, "network"],
  // What is behind those, under the names that it had before `node:`.
  [/^_(http|tls|stream)_\w+$/, "network"],
  [/^(child_process|cluster)$/, "process"],
  [/^worker_threads$/, "thread"],
  [/^(module|vm|repl|v8|domain|test|test\/reporters|sea)$/, "code"],
  // sqlite loads extensions; wasi and ffi run what is not JavaScript.
  [/^(ffi|sqlite|wasi)$/, "native"],
  // Hands out other code's sockets, or writes down what it does.
  [/^(diagnostics_channel|trace_events)$/, "anything"],
];

/** Members that are not of their module's kind: calculations with addresses, and what loads a shared library. */
const exceptions: Readonly<Record<string, Readonly<Record<string, CapabilityKind | null>>>> = {
  net: { isIP: null, isIPv4: null, isIPv6: null, BlockList: null, SocketAddress: null },
  crypto: { setEngine: "native" },
};

/** The kind of a name that a module exports, or null when it is neutral. `name` is `*` for all of the module. */
export function kindOfImport(module: string, name: string): CapabilityKind | null {
  const kind = kindOfModule(module);
  const exception = Object.hasOwn(exceptions, module) ? exceptions[module] : undefined;
  if (exception === undefined) return kind;
  if (Object.hasOwn(exception, name)) return exception[name] ?? null;
  const whole = name === "*" || name === "default";
  return whole && kind === null ? "anything" : kind;
}

function kindOfModule(module: string): CapabilityKind | null {
  if (neutral.has(module)) return null;
  return kinds.find(([pattern]) => pattern.test(module))?.[1] ?? "anything";
}

/** Whether this file knows the module; a name that it does not know can be a package as well. */
export function isNodeModule(module: string): boolean {
  return neutral.has(module) || kinds.some(([pattern]) => pattern.test(module));
}

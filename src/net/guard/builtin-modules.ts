/**
 * Every module that Node brings, by what it could do. A module that is not here is one of a newer Node, which nobody has
 * looked at: the guard refuses to load it, and a test fails.
 */

/**
 * `network` and `process` reach out through what the guard has replaced. `refused` reach out past it, by native code or
 * by sockets of their own, and are never loaded. `neutral` reach nothing.
 */
export type ModuleKind = "network" | "process" | "refused" | "neutral";

// oxfmt-ignore
const names: Record<ModuleKind, readonly string[]> = {
  network: [
    "_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing", "_http_server", "_tls_common",
    "_tls_wrap", "dgram", "dns", "dns/promises", "http", "http2", "https", "inspector", "inspector/promises", "net", "tls",
  ],
  process: ["child_process", "cluster", "module", "process", "test", "worker_threads"],
  refused: ["dtls", "ffi", "quic", "sqlite"],
  neutral: [
    "_stream_duplex", "_stream_passthrough", "_stream_readable", "_stream_transform", "_stream_wrap", "_stream_writable",
    "assert", "assert/strict", "async_hooks", "buffer", "console", "constants", "crypto", "diagnostics_channel", "domain",
    "events", "fs", "fs/promises", "os", "path", "path/posix", "path/win32", "perf_hooks", "punycode", "querystring",
    "readline", "readline/promises", "repl", "sea", "stream", "stream/consumers", "stream/promises", "stream/web",
    "string_decoder", "sys", "test/reporters", "timers", "timers/promises", "trace_events", "tty", "url", "util",
    "util/types", "v8", "vm", "wasi", "zlib",
  ],
};

// Neither a Map nor a method of texts is asked later on: other code can replace those of the prototypes.
const kinds = Object.create(null) as Record<string, ModuleKind | undefined>;
for (const kind of Object.keys(names) as ModuleKind[]) for (const name of names[kind]) kinds[name] = kind;
const { apply } = Reflect;
const { slice } = String.prototype;

/** With or without `node:`. Undefined for a module that nobody has looked at. */
export function kindOfModule(name: string): ModuleKind | undefined {
  return kinds[plainName(name)];
}

/** Without `node:`. */
export function plainName(name: string): string {
  return hasNodesPrefix(name) ? apply(slice, name, [5]) : name;
}

export function hasNodesPrefix(name: string): boolean {
  return apply(slice, name, [0, 5]) === "node:";
}

/**
 * The names that code may use without being listed: closed lists, so that what a new Node brings is refused until
 * somebody has looked at it. A property can be called anything, so for properties there is a list of the dangerous ones.
 */
import type { CapabilityKind } from "./node-modules.ts";

/** Globals that compute, wait or write to the standard streams. */
// oxfmt-ignore
const harmlessGlobals: ReadonlySet<string> = new Set([
  "undefined", "NaN", "Infinity", "Object", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "Math", "JSON", "Date", "RegExp", "Intl",
  "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "Promise", "Proxy", "Iterator",
  "Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError", "SuppressedError", "DOMException",
  "ArrayBuffer", "SharedArrayBuffer", "Atomics", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array",
  "Int32Array", "Uint32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "Buffer", "File", "Blob",
  "parseInt", "parseFloat", "isNaN", "isFinite", "encodeURI", "encodeURIComponent", "decodeURI", "decodeURIComponent", "escape", "unescape",
  "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask", "structuredClone",
  "AbortController", "AbortSignal", "Event", "EventTarget", "TextEncoder", "TextDecoder", "URL", "URLSearchParams", "atob", "btoa",
  "ReadableStream", "WritableStream", "TransformStream", "CompressionStream", "DecompressionStream", "console", "crypto", "performance",
  "navigator", "Reflect",
]);

const otherGlobals = kindsOf(`
  network fetch WebSocket WebSocketStream EventSource XMLHttpRequest
  thread Worker
  code eval Function require module
  native WebAssembly`);

/** The kind of a name that nothing in its file declares, or null. */
export function kindOfGlobal(name: string): CapabilityKind | null {
  return harmlessGlobals.has(name) ? null : (otherGlobals.get(name) ?? "anything");
}

/** What objects with dangerous members may be used for: by these members, written out. The object itself goes nowhere. */
export const guardedObjects: Readonly<Record<string, ReadonlySet<string>>> = {
  // oxfmt-ignore
  process: new Set([
    "allowedNodeEnvironmentFlags", "arch", "argv", "argv0", "availableMemory", "config", "constrainedMemory", "cpuUsage", "cwd", "defaultApp",
    "emitWarning", "env", "execArgv", "execPath", "exit", "exitCode", "features", "getegid", "geteuid", "getgid", "getuid", "hrtime", "memoryUsage", "nextTick", "off", "on", "once", "permission",
    "pid", "platform", "ppid", "release", "removeListener", "resourceUsage", "stderr", "stdin", "stdout", "title", "umask", "uptime", "version",
    "versions",
  ]),
};

// A report looks up the names of the peers. SIGUSR1 makes Node listen for a debugger.
const otherMembers: Readonly<Record<string, ReadonlyMap<string, CapabilityKind>>> = {
  process: kindsOf(`
    network report
    process execve
    code mainModule moduleLoadList
    native binding _linkedBinding dlopen
    signal kill _kill _debugProcess`),
};

/** The kind of `object.member` of a guarded object; `member` is null when the object itself is used. */
export function kindOfMember(object: string, member: string | null): CapabilityKind | null {
  if (member === null) return "anything";
  if (guardedObjects[object]?.has(member) === true) return null;
  return otherMembers[object]?.get(member) ?? "anything";
}

/**
 * Properties of any object through which code gets at what it did not import. (() => {}).constructor is Function, and the
 * last three of that line give all that an object has without naming any of it. A standard stream that is a pipe is a
 * socket of Node's, and can be made to connect to somewhere else.
 */
const dangerousProperties = kindsOf(`
  network connect _handle
  code constructor prepareStackTrace createRequire mainModule getOwnPropertyDescriptors getOwnPropertyNames ownKeys
  native binding _linkedBinding dlopen
  anything getBuiltinModule execve _getActiveHandles`);

/** Words that are used for other things too, so that only a property of this name counts. */
const commonWords = /^(binding|connect|execve)$/;

export function kindOfProperty(name: string): CapabilityKind | null {
  return dangerousProperties.get(name) ?? null;
}

/** The kind of a text that can only be meant as the name of such a property, or null. */
export function kindOfText(text: string): CapabilityKind | null {
  return commonWords.test(text) ? null : kindOfProperty(text);
}

/** Lines of a kind and names. As one text, so that this list of dangerous names is not found to use them. */
function kindsOf(lines: string): ReadonlyMap<string, CapabilityKind> {
  const kinds = new Map<string, CapabilityKind>();
  for (const line of lines.trim().split("\n")) {
    const [kind, ...names] = line.trim().split(" ");
    for (const name of names) kinds.set(name, kind as CapabilityKind);
  }
  return kinds;
}

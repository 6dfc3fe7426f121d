/**
 * The table of who may import whom, and of what only one place may use. docs/architecture.md explains it; walls.test.ts
 * holds the sources to it. Each row's `files` is tried in order: the first that matches is the file's part.
 */

export interface Part {
  readonly name: string;
  readonly files: RegExp;
  /** Parts whose values and types it may import, beside its own. */
  readonly imports: readonly string[];
  /** Parts of which it may import types only. */
  readonly types?: readonly string[];
  /** Node's modules: `none`; `local`, which reach no network and start nothing; `all`. */
  readonly node: "none" | "local" | "all";
  /** Computes only: beside `node: none`, no timer, no `process`, no randomness of the platform. */
  readonly pure?: true;
}

const timeless = ["base"];
const base = [...timeless, "clock"];
const kept = [...base, "private"];
const net = ["net", "net/authority", "net/guard"];
const pureInputs = [...timeless, "runs/schemas"];
const values = { analysis: ["metrics"], report: ["metrics", "analysis"] };
// oxfmt-ignore
const everything = [
  ...kept, ...net, "young-generation", "runs", "runs/schemas", "posture", "posture/pure", "posture/state", "endpoint", "endpoint/address", "endpoint/dialects",
  "endpoint/sse", "workload", "workload/readers", "load", "load/arrivals", "load/progress", "metrics", "metrics/scraper", "analysis",
  "report", "report/terminal", "trace", "daemon", "mimic", "mimic/simulation", "mcp", "testing",
];

export const parts: readonly Part[] = [
  { name: "main", files: /^src\/main\.ts$/, imports: [...base, "net/guard", "cli"], node: "none" },
  { name: "clock", files: /^src\/clock\.ts$/, imports: [], node: "none" },
  { name: "young-generation", files: /^src\/young-generation\.ts$/, imports: [], node: "local" },
  {
    name: "base",
    files: /^src\/(errors|json|random|histogram|interruptible|version)\.ts$/,
    imports: [],
    node: "none",
    pure: true,
  },
  // What is kept for its owner only: files, the way to them, and which process holds them.
  { name: "private", files: /^src\/private\//, imports: kept, node: "local" },
  { name: "net/authority", files: /^src\/net\/authority\.ts$/, imports: base, node: "none" },
  { name: "net/guard", files: /^src\/net\/(guard(\.ts$|\/)|no-egress\/)/, imports: [...base, ...net], node: "all" },
  { name: "net", files: /^src\/net\//, imports: [...base, ...net], node: "all" },
  { name: "runs/schemas", files: /^src\/runs\/schemas\//, imports: timeless, node: "none", pure: true },
  { name: "runs", files: /^src\/runs\//, imports: [...base, "runs/schemas"], node: "local" },
  { name: "posture/pure", files: /^src\/posture\/(payload|noise)\b/, imports: pureInputs, node: "none", pure: true },
  {
    name: "posture/state",
    files: /^src\/posture\/state\b/,
    imports: [...kept, "runs/schemas", "posture", "posture/pure"],
    node: "local",
  },
  {
    name: "posture",
    files: /^src\/posture\//,
    imports: [...kept, "runs/schemas", "posture/pure", "posture/state"],
    node: "local",
  },
  { name: "endpoint/dialects", files: /^src\/endpoint\/dialects\//, imports: pureInputs, node: "none", pure: true },
  // What a URL of a flag means, and which header is a key: cli needs the host and port to mint the authority.
  {
    name: "endpoint/address",
    files: /^src\/endpoint\/(address|key-headers)\.ts$/,
    imports: [...pureInputs, "endpoint/dialects"],
    node: "none",
    pure: true,
  },
  // Bytes to events: a reply is read alike whoever asked for it, the load generator or an agent.
  { name: "endpoint/sse", files: /^src\/endpoint\/sse\.ts$/, imports: base, node: "local" },
  {
    name: "endpoint",
    files: /^src\/endpoint\//,
    imports: [...base, ...net, "endpoint/address", "endpoint/dialects", "endpoint/sse"],
    types: ["runs/schemas"],
    node: "local",
  },
  {
    name: "workload/readers",
    files: /^src\/workload\/.*-reader\.ts$/,
    imports: [...base, "runs/schemas", "workload"],
    node: "local",
  },
  { name: "workload", files: /^src\/workload\//, imports: pureInputs, node: "none", pure: true },
  { name: "load/arrivals", files: /^src\/load\/arrivals\b/, imports: pureInputs, node: "none", pure: true },
  // What is shown while it runs: types that load fills in and cli reads.
  { name: "load/progress", files: /^src\/load\/progress\.ts$/, imports: pureInputs, node: "none", pure: true },
  {
    name: "load",
    files: /^src\/load\//,
    // oxfmt-ignore
    imports: [
      ...base, ...net, "endpoint", "endpoint/address", "endpoint/dialects", "workload", "workload/readers", "runs", "runs/schemas",
      "load/arrivals", "load/progress",
    ],
    node: "local",
  },
  {
    name: "metrics/scraper",
    files: /^src\/metrics\/scraper\.ts$/,
    imports: [...base, ...net, "metrics"],
    types: ["runs/schemas"],
    node: "local",
  },
  { name: "metrics", files: /^src\/metrics\//, imports: pureInputs, node: "none", pure: true },
  {
    name: "analysis",
    files: /^src\/analysis\//,
    imports: [...pureInputs, ...values.analysis],
    node: "none",
    pure: true,
  },
  {
    name: "report/terminal",
    files: /^src\/report\/(terminal|paint|text-width|printable|format)\b/,
    imports: [...pureInputs, ...values.report, "report"],
    node: "none",
    pure: true,
  },
  {
    name: "report",
    files: /^src\/report\//,
    imports: [...pureInputs, ...values.report, "report/terminal"],
    node: "none",
    pure: true,
  },
  { name: "mimic/simulation", files: /^src\/mimic\/simulation\b/, imports: pureInputs, node: "none", pure: true },
  {
    name: "mimic",
    files: /^src\/mimic\//,
    imports: [...base, ...net, "endpoint/dialects", "mimic/simulation"],
    node: "local",
  },
  {
    name: "trace",
    files: /^src\/trace\//,
    imports: [...base, ...net, "endpoint/address", "endpoint/dialects", "endpoint/sse", "runs", "runs/schemas"],
    node: "local",
  },
  {
    name: "daemon",
    files: /^src\/daemon\//,
    // oxfmt-ignore
    imports: [
      ...kept, ...net, "young-generation", "runs", "runs/schemas", "metrics", "metrics/scraper", "analysis", "report", "report/terminal",
      "posture/state",
    ],
    node: "local",
  },
  {
    name: "mcp",
    files: /^src\/mcp\//,
    imports: [...base, "runs", "runs/schemas", "metrics", "analysis", "report", "posture/state"],
    node: "local",
  },
  { name: "testing", files: /^src\/testing\//, imports: [...base, ...net], node: "local" },
  { name: "commands", files: /^src\/commands\//, imports: everything, node: "local" },
  {
    name: "cli",
    files: /^src\/cli\//,
    imports: [...base, "commands", "net/authority", "endpoint/address", "report/terminal"],
    types: ["load/progress", "report", "runs/schemas"],
    node: "local",
  },
];

/** Parts that must not reach others by any chain of imports. */
export const unreachable: readonly { from: RegExp; to: RegExp }[] = [{ from: /^posture(\/|$)/, to: /^net(\/|$)/ }];

/** Who knows the telemetry payload has no way to send it: no file of `in` imports one of `these` and one of `those`. */
export const neverTogether: readonly { in: string; these: RegExp; those: RegExp }[] = [
  { in: "commands", these: /^src\/(net|load|trace|daemon)\//, those: /^src\/posture\/payload\b/ },
];

/** The packages in the bundle, and the parts that use them. */
export const packages: Readonly<Record<string, RegExp>> = {
  commander: /^cli$/,
  acorn: /^posture$/,
  "@opentelemetry/otlp-transformer": /^trace$/,
  "d3-array": /^report$/,
  "d3-format": /^report$/,
  "d3-scale": /^report$/,
  "d3-shape": /^report$/,
  zod: /./,
};

/** Node's modules that reach a network, or start a process or a thread. */
export const waysOut =
  /^(net|tls|https?|http2|dgram|dns|dns\/promises|quic|child_process|worker_threads|cluster|inspector|inspector\/promises)$/;

/** Those that replace functions of Node's, to close the ways round this table. */
export const closing = /^src\/net\/(guard|no-egress)\//;

/** Node's modules that would go round this table. */
export const bannedModules = /^(module|process|repl|vm|wasi)$/;

/** An import of one name that only one part may have. */
export const reservedNames: readonly { name: string; from: RegExp; part: string }[] = [
  { name: "mintAuthority", from: /^src\/net\/authority\.ts$/, part: "cli" },
];

/** Uses of globals: where the pattern may stand, and why. A bare name is the object itself, passed on or taken apart. */
export const bans: readonly { uses: RegExp; only: RegExp | null; why: string }[] = [
  {
    uses: /^process\.env\b/,
    only: /^src\/(posture\/overrides|cli\/environment)\.ts$/,
    why: "the environment is read in posture/overrides and in cli/environment",
  },
  {
    uses: /^(process\.(stdout|stderr)|console)\b/,
    only: /^src\/(cli\/(terminal|program)\.ts$|mcp\/|main\.ts$)/,
    why: "stdout and stderr are written in cli/terminal (cli/program hands them over), mcp and main",
  },
  {
    uses: /^(Date\.now|new Date\(\)|performance(\.(now|timeOrigin|mark|measure))?|process\.(hrtime|uptime))(\.|$)/,
    only: /^src\/clock\.ts$/,
    why: "the clock is read in clock.ts",
  },
  { uses: /^Math\.random$/, only: null, why: "randomness is seeded: src/random.ts" },
  { uses: /^process\.(exit|abort|reallyExit)$/, only: null, why: "set process.exitCode, in main" },
  {
    uses: /^(fetch|new (WebSocket|EventSource|WebTransport|XMLHttpRequest))$/,
    only: null,
    why: "every connection is opened by src/net/gate.ts",
  },
  {
    uses: /^(process$|(globalThis|global)(\.|$))/,
    only: closing,
    why: "a global is used by its full name, and no variable has its name, so that this table sees it",
  },
  {
    uses: /^process\.(binding|dlopen|execve|getBuiltinModule)$/,
    only: closing,
    why: "net/guard and net/no-egress close these ways, and nothing takes them",
  },
  {
    uses: /^(eval|new Function|Function|createRequire|process\.mainModule)$/,
    only: null,
    why: "code is loaded by an import that this table sees",
  },
];

/** In a part that computes only. */
export const impure = /^(process|crypto|performance|navigator|setTimeout|setInterval|setImmediate|queueMicrotask)\b/;

/** File and folder names that say nothing. */
export const emptyNames = /^(utils?|helpers?|common|misc|shared|managers?|services?)$/;

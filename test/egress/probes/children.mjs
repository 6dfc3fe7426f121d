/** Other processes, which no patch of this one reaches. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pause, skip, when } from "./trying.mjs";

const childProcess = () => import("node:child_process");
const connecting = ({ host, port }) =>
  `require("node:net").connect(${port}, "${host}").on("connect", () => process.exit())`;
const inBash = ({ host, port }) => `exec 3<>/dev/tcp/${host}/${port}`;

/** A file whose code connects. */
function program(to, name = "connects.cjs", code = connecting(to)) {
  const path = join(to.directory, name);
  writeFileSync(path, code);
  return path;
}

async function ends(child) {
  try {
    await when(child, "close", "error");
  } catch (error) {
    if (error.code === "ENOENT") skip(`there is no ${child.spawnfile} here`);
    throw error;
  }
}

export const children = {
  curl: async (to) => ends((await childProcess()).spawn("curl", ["-s", "-m", "1", `http://${to.host}:${to.port}/`])),
  python: async (to) => {
    const code = `import socket; socket.create_connection(("${to.host}", ${to.port}), 1)`;
    return ends((await childProcess()).spawn("python3", ["-c", code]));
  },
  bash: async (to) => ends((await childProcess()).spawn("bash", ["-c", inBash(to)])),
  exec: async (to) => ends((await childProcess()).exec(inBash(to), { shell: "/bin/bash" })),
  execFile: async (to) => ends((await childProcess()).execFile("bash", ["-c", inBash(to)])),
  "a child of Node by spawn": async (to) => ends((await childProcess()).spawn(process.execPath, [program(to)])),
  "a child of Node by fork": async (to) => ends((await childProcess()).fork(program(to))),
  "a detached child": async (to) => {
    const child = (await childProcess()).spawn("bash", ["-c", inBash(to)], { detached: true, stdio: "ignore" });
    child.unref();
    return ends(child);
  },
  "ChildProcess itself": async (to) => {
    const child = new (await childProcess()).ChildProcess();
    const ended = ends(child);
    child.spawn({ file: "/bin/bash", args: ["bash", "-c", inBash(to)], stdio: "ignore", envPairs: [] });
    return ended;
  },
  spawnSync: async (to) => checked((await childProcess()).spawnSync("bash", ["-c", inBash(to)])),
  execSync: async (to) => void (await childProcess()).execSync(inBash(to), { shell: "/bin/bash" }),
  execFileSync: async (to) => void (await childProcess()).execFileSync("bash", ["-c", inBash(to)]),
  "child_process by a copy of require": async (to) =>
    ends(createRequire(import.meta.url)("child_process").spawn("bash", ["-c", inBash(to)])),
  cluster: async (to) => {
    const { default: cluster } = await import("node:cluster");
    cluster.setupPrimary({ exec: program(to) });
    const worker = cluster.fork();
    return when(worker, "exit", "error");
  },
  "a test runner's child": async (to) => {
    const { run } = await import("node:test");
    const stream = run({ files: [program(to, "some.test.cjs")], isolation: "process" });
    stream.on("error", () => {}).resume();
    return when(stream, "end", "error");
  },
  "another program in this one's place": (to) => {
    if (process.execve === undefined) skip("this Node has no process.execve");
    process.execve("/bin/bash", ["bash", "-c", inBash(to)]);
  },
  "process.binding of spawn_sync": (to) => {
    const args = ["bash", "-c", inBash(to)];
    return checked(process.binding("spawn_sync").spawn({ file: "/bin/bash", args, envPairs: [], stdio: [] }));
  },
  "a worker thread's code": async (to) => inWorker(connecting(to), { eval: true }),
  "a worker thread's file": async (to) => inWorker(program(to), {}),
  "a worker thread that inherits nothing": async (to) => inWorker(program(to), { execArgv: [], env: {} }),
  "a worker thread by require": async (to) => {
    const { Worker } = createRequire(import.meta.url)("node:worker_threads");
    return when(new Worker(connecting(to), { eval: true }), "exit", "error");
  },
  "a worker thread by the loader behind require": async (to) => {
    const { default: Module } = await import("node:module");
    const { Worker } = Module._load("node:worker_threads");
    return when(new Worker(connecting(to), { eval: true }), "exit", "error");
  },
  "a worker thread with another Set.prototype.has": async (to) => {
    const { has } = Set.prototype;
    const require = createRequire(import.meta.url);
    Set.prototype.has = () => true;
    let threads;
    try {
      threads = require("node:worker_threads");
    } finally {
      Set.prototype.has = has;
    }
    return when(new threads.Worker(connecting(to), { eval: true }), "exit", "error");
  },
  "a loader's thread": async (to) => {
    const { register } = await import("node:module");
    if (register === undefined) skip("this Node has no module.register");
    const code = `import { connect } from "node:net"; connect(${to.port}, "${to.host}").on("error", () => {})`;
    register(`data:text/javascript,${encodeURIComponent(code)}`);
    return pause(200);
  },
  "a hook that answers before the guard's": async () => {
    const { registerHooks } = await import("node:module");
    registerHooks({ resolve: () => ({ url: "node:sqlite", format: "builtin", shortCircuit: true }) });
    const { DatabaseSync } = await import("anything");
    return DatabaseSync !== undefined;
  },
};

async function inWorker(code, options) {
  const { Worker } = await import("node:worker_threads");
  return when(new Worker(code, options), "exit", "error");
}

function checked({ error }) {
  if (error) throw error instanceof Error ? error : Object.assign(new Error("denied"), { errno: error });
}

/**
 * What a daemon costs that watches four idle endpoints, each once a second: the processor time and the memory of the
 * built program, from /proc, so that other work on the machine does not count.
 *
 *   npm run bench:daemon-idle [-- --seconds 60]
 *
 * Beside it, the least that such a watcher could do: a bare Node that reads the same four pages as often and drops them.
 * Holds: under 2 % of a core, and at most 120 MB resident. Linux only.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const bin = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, settle: { type: "string", default: "20" } },
});
const seconds = Number(values.seconds);
const TICKS_PER_SECOND = 100;

const folder = mkdtempSync(join(tmpdir(), "inferguard-idle-"));
const runtime = join(folder, "runtime");
mkdirSync(runtime, { mode: 0o700 });
const env = { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: runtime };
const children: ChildProcess[] = [];

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no standard output");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("it ended without a word");
}

async function startMimic(engine: string): Promise<string> {
  const line = await firstLine(start([bin, "mimic", "--port", "0", "--engine", engine, "--json"]));
  return new URL((JSON.parse(line) as { url: string }).url).origin;
}

interface Usage {
  cpuSeconds: number;
  rssMb: number;
  peakMb: number;
}

function usageOf({ pid }: ChildProcess): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMb: (kilobytes("VmRSS") * 1024) / 1e6,
    peakMb: (kilobytes("VmHWM") * 1024) / 1e6,
  };
}

const floor = `
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true });
const read = (url) => http.get(url, { agent }, (response) => response.resume()).on("error", () => {});
setInterval(() => process.argv.slice(1).forEach(read), 1000);
console.log("started");
`;

try {
  const engines = [await startMimic("vllm"), await startMimic("sglang")];
  const pages = engines.flatMap((url) => [`${url}/metrics`, `${url}/dcgm/metrics`]);
  const flags = pages.flatMap((page) => [page.includes("dcgm") ? "--gpu-metrics-url" : "--metrics-url", page]);
  const watching = ["daemon", "start", "--foreground", "--interval", "1s", "--port", "0", ...flags];
  const daemon = start([bin, ...watching]);
  const bare = start(["-e", floor, ...pages]);
  await wait(Number(values.settle) * 1000);
  const before = [daemon, bare].map(usageOf);
  await wait(seconds * 1000);
  const after = [daemon, bare].map(usageOf);
  // A daemon whose scrapes fail is cheaper still.
  const asked = spawnSync(process.execPath, [bin, "daemon", "status", "--json"], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  const scraped = [...asked.stdout.matchAll(/"failures": (\d+)/g)].map(([, count]) => Number(count));
  if (scraped.length !== pages.length || scraped.some((count) => count > 0))
    throw new Error(`not all was read: ${asked.stdout}`);
  const results = ["inferguard daemon", "a bare Node"].map((name, i) => {
    const { cpuSeconds, rssMb, peakMb } = after[i] as Usage;
    return { name, percent: ((cpuSeconds - (before[i] as Usage).cpuSeconds) / seconds) * 100, rssMb, peakMb };
  });
  console.log(
    `${availableParallelism()} cores, Node ${process.versions.node}, ${pages.length} pages a second, ${seconds} s`,
  );
  for (const { name, percent, rssMb, peakMb } of results)
    console.log(
      `${name.padEnd(18)} ${percent.toFixed(2)} % of a core, RSS ${rssMb.toFixed(0)} MB (highest ${peakMb.toFixed(0)} MB)`,
    );
  const [own] = results;
  if (daemon.exitCode !== null || own === undefined || own.percent >= 2 || own.rssMb > 120) process.exitCode = 1;
} finally {
  for (const child of children) child.kill();
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("exit", resolve));
  rmSync(folder, { recursive: true, force: true });
}

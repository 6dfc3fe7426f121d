/**
 * A day of a watcher's life, compressed: the mimic's own simulation serves its pages on loopback, for as many seconds as it
 * is asked for, and the real watcher, in a process of its own, asks once a second by a clock that is moved by hand. Restarts
 * of the engine, outages and steps of the wall clock are in it, and watchers that are killed (SIGKILL) before that day and
 * after it.
 *
 *   npm run bench:daemon-day [-- --hours 24]
 *
 * It holds, of the process that lives for that long, after a warm-up of one hour: that its resident memory is never more
 * than 10 % above its median, at no moment (the kernel's high-water mark), and that it has no trend: the median of the last
 * quarter is at most 5 % above that of the first. And of the whole: that the files stay within their bound, and that the
 * history equals what really happened at every resolution. Nothing collects garbage on purpose. Linux only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { compareWithTruth } from "../src/daemon/compare-life.fixture.ts";
import { createCompressedEngine } from "../src/daemon/compressed-engine.fixture.ts";
import type { LifePlan } from "../src/daemon/compressed-watch.fixture.ts";
import { makePlace } from "../src/daemon/watcher.fixture.ts";
import { historyLevels } from "../src/runs/schemas/history.ts";
import type { WatcherLine, WatcherOrder } from "./daemon-day-watcher.ts";

const { values } = parseArgs({ options: { hours: { type: "string", default: "24" } } });
const hours = Number(values.hours);
if (!(hours >= 2)) throw new Error(`--hours ${values.hours}: at least 2, of which the first is the warm-up`);
const HOUR = 3600;
const MB = 1e6;
const at = (hour: number, second = 0) => Math.round(hour * HOUR + second);

const plan: LifePlan = {
  seconds: at(hours + 1.5),
  retainMs: 30 * 24 * HOUR * 1000,
  // Less than a day of the finer levels would take, so that they have to give way.
  maxDiskBytes: 16 * MB,
  engineRestarts: [at(2.5, 7), at(9, 1234), at(20, 3)],
  outages: [
    [at(4, 100), at(4, 700)],
    [at(15, 31), at(15, 39)],
  ],
  kills: [at(0.5, 17), at(1, 5), at(hours + 1, 5)],
  wallSteps: [
    [at(7, 100), HOUR * 1000],
    [at(8, 200), -HOUR * 1000],
  ],
};
/** Of the watcher whose memory is held. */
const [begun, ended] = [at(1, 5), at(hours + 1, 5)];
const warmAt = begun + HOUR;

type MemoryLine = Extract<WatcherLine, { says: "memory" }>;

const place = makePlace();
const failures: string[] = [];
const measured: MemoryLine[] = [];

const engine = createCompressedEngine(plan);
const server = createServer((request, response) => {
  const page = engine.page(request.url ?? "", Number(request.headers["second"]));
  if (page === null) return void request.socket.destroy();
  response.setHeader("Content-Type", "text/plain; version=0.0.4");
  response.end(page);
});
// On a machine with other work a second of that life can take a while: the clock stands, so nothing is late.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

const children: ChildProcess[] = [];
try {
  const program = await buildWatcher();
  let from = 0;
  for (const to of [...plan.kills, plan.seconds]) {
    await watch(program, from, to);
    from = to;
  }
  judgeMemory();
  await judgeHistory();
} finally {
  for (const child of children) child.kill("SIGKILL");
  server.close();
  place.remove();
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/** One file of plain JavaScript, as the daemon is: what strips types from a source has memory of its own. */
async function buildWatcher(): Promise<string> {
  const outfile = join(place.directory, "watcher.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("daemon-day-watcher.ts", import.meta.url))],
    ...{ outfile, bundle: true, platform: "node", format: "esm", minifySyntax: true, logLevel: "warning" },
    define: { INFERGUARD_VERSION: '"0.0.0"' },
  });
  return outfile;
}

/** One watcher's life: to the second at which it is killed, or to the end. */
async function watch(program: string, from: number, to: number): Promise<void> {
  const { runsDir, historyDirectory } = place;
  const order: WatcherOrder = { ...{ port, runsDir, historyDirectory, plan, from, to }, warmAt };
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const closed = once(child, "close");
  let reached = false;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as WatcherLine;
    const disk = diskBytes();
    if (disk > plan.maxDiskBytes) failures.push(`second ${line.second}: ${disk} bytes on disk`);
    if (line.says === "memory") {
      if (from === begun) measured.push(line);
      console.log(memoryLine(line, disk));
    } else {
      reached = true;
      for (const warning of line.warnings) console.log(`  it said: ${warning}`);
      const isKilled = to < plan.seconds;
      if (isKilled) child.kill("SIGKILL");
      console.log(
        `seconds ${from} to ${to}: ${line.cpuSeconds.toFixed(0)} s of processor time, then ${isKilled ? "killed" : "stopped"}`,
      );
    }
  }
  const [code, signal] = (await closed) as [number | null, string | null];
  if (!reached) throw new Error(`the watcher from second ${from} on ended with ${signal ?? code}`);
}

function diskBytes(): number {
  const { historyDirectory } = place;
  return readdirSync(historyDirectory).reduce((sum, name) => sum + statSync(join(historyDirectory, name)).size, 0);
}

function memoryLine({ second, rss, heapTotal, heapUsed, external, peak }: MemoryLine, disk: number): string {
  const figures = { RSS: rss, "highest so far": peak, heap: heapTotal, "of which used": heapUsed, external, disk };
  const texts = Object.entries(figures).map(([name, bytes]) => `${name} ${(bytes / MB).toFixed(1)}`);
  return `hour ${(second / HOUR).toFixed(2).padStart(5)}: ${texts.join(", ")} MB`;
}

function judgeMemory(): void {
  const warm = measured.filter(({ second }) => second >= warmAt && second <= ended);
  const rss = warm.map((line) => line.rss / MB);
  const peak = (warm.at(-1)?.peak ?? NaN) / MB;
  const quarter = Math.max(1, Math.floor(rss.length / 4));
  const [middle, first, last] = [median(rss), median(rss.slice(0, quarter)), median(rss.slice(-quarter))];
  const overMedian = peak / middle - 1;
  const trend = last / first - 1;
  const percent = (share: number) => `${share < 0 ? "" : "+"}${(share * 100).toFixed(1)} %`;
  console.log(
    `resident memory of ${hours - 1} h after a warm-up of 1 h: ${Math.min(...rss).toFixed(1)} to ${Math.max(...rss).toFixed(1)} MB, ` +
      `median ${middle.toFixed(1)} MB, at no moment above ${peak.toFixed(1)} MB (${percent(overMedian)}); ` +
      `first quarter ${first.toFixed(1)} MB, last quarter ${last.toFixed(1)} MB (${percent(trend)})`,
  );
  if (!(overMedian <= 0.1)) failures.push("resident memory is not within 10 % of its median");
  if (!(trend <= 0.05)) failures.push("resident memory has a trend");
}

async function judgeHistory(): Promise<void> {
  for (const level of historyLevels) {
    const compared = await compareWithTruth(place.historyDirectory, level, engine.truth, plan);
    console.log(
      `${level}: ${compared.intervals} intervals of the engine, seconds ${compared.fromSecond} to ${compared.toSecond}, ${compared.differences.length} differ`,
    );
    failures.push(...compared.differences);
  }
  const tokens = engine.truth.tokens.reduce((sum, each) => sum + each, 0);
  console.log(`${plan.seconds / HOUR} h, ${tokens} tokens, Node ${process.versions.node}`);
}

function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/**
 * What the guard costs, as processes with and without it that run in turn: at the start of the program, and for each
 * connection.
 *
 *   npm run bench:guard [-- --pairs 15 --connections 4000]
 *
 * Everything is given as time on the clock and as CPU time of the process, which other work on the machine disturbs less.
 * The start is also measured inside one process, from before guard.js is loaded until the guard is live. Beside each ratio
 * of guarded to plain stands that of plain to plain: what chance does here.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const guard = fileURLToPath(new URL("../dist/guard.js", import.meta.url));
const client = fileURLToPath(new URL("guard-client.ts", import.meta.url));
const { values } = parseArgs({
  options: { pairs: { type: "string", default: "15" }, connections: { type: "string", default: "4000" } },
});
const pairs = Number(values.pairs);
if (!existsSync(guard)) throw new Error("there is no dist/guard.js: run npm run build");

/** What a process says of itself, and how long it was there. */
interface Figures {
  wall: number;
  cpu: number;
  inside?: number;
  insideCpu?: number;
}

type Mode = "plain" | "again" | "guarded";
type Row = Record<Mode, Figures>;

console.log(`Node ${process.versions.node}, ${pairs} pairs, medians`);
await measureStart();
await measureConnections();

async function measureStart(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "inferguard-guard-bench-"));
  const script = (name: string, code: string) => {
    const path = join(folder, name);
    writeFileSync(path, `${code}\nconst { user, system } = process.cpuUsage();\n${print}`);
    return path;
  };
  const print = `process.stdout.write(JSON.stringify({ ...inside, cpu: (user + system) / 1000 }));`;
  const plain = script("plain.mjs", "const inside = {};");
  const guarded = script(
    "guarded.mjs",
    `const before = { ms: performance.now(), cpu: process.cpuUsage() };
     const state = (await import(${JSON.stringify(pathToFileURL(guard).href)})).installGuard();
     if (state.is !== "live") throw new Error("the guard is not live: " + state.reason);
     const used = process.cpuUsage(before.cpu);
     const inside = { inside: performance.now() - before.ms, insideCpu: (used.user + used.system) / 1000 };`,
  );
  const rows = await inTurn((mode) => measure([mode === "guarded" ? guarded : plain]));
  rmSync(folder, { recursive: true });
  const inside = rows.map((row) => row.guarded.inside ?? NaN);
  const insideCpu = rows.map((row) => row.guarded.insideCpu ?? NaN);
  console.log(
    `start: loading and installing the guard takes ${median(inside).toFixed(2)} ms (at least ${Math.min(...inside).toFixed(2)}), ` +
      `${median(insideCpu).toFixed(2)} ms of CPU (at least ${Math.min(...insideCpu).toFixed(2)})`,
  );
  report("start, whole process, ms", rows, 1);
}

async function measureConnections(): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const rows = await inTurn((mode) =>
    measure([client, mode === "guarded" ? "guarded" : "plain", String(port), values.connections]),
  );
  server.close();
  report("a connection through the gate, µs", rows, 1);
}

/** The order changes from round to round, so that whatever drifts does so for all. */
async function inTurn(run: (mode: Mode) => Promise<Figures>): Promise<Row[]> {
  const modes: Mode[] = ["plain", "guarded", "again"];
  const rows: Row[] = [];
  for (let round = 0; round <= pairs; round++) {
    const row: Partial<Row> = {};
    for (let turn = 0; turn < modes.length; turn++) {
      const mode = modes[(round + turn) % modes.length] as Mode;
      row[mode] = await run(mode);
    }
    rows.push(row as Row);
  }
  // The first round fills the caches of the disk.
  return rows.slice(1);
}

/** What the process prints; the time on the clock where it does not print one. */
async function measure(args: string[]): Promise<Figures> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const printed = JSON.parse(await text(child.stdout)) as Omit<Figures, "wall"> & { wall?: number };
  return { wall: performance.now() - startMs, ...printed };
}

function report(what: string, rows: readonly Row[], digits: number): void {
  for (const key of ["wall", "cpu"] as const) {
    const of = (mode: Mode) => median(rows.map((row) => row[mode][key]));
    const ratio = (mode: Mode) => median(rows.map((row) => row[mode][key] / row.plain[key]));
    const added = median(rows.map((row) => row.guarded[key] - row.plain[key]));
    console.log(
      `${what}, ${key}: plain ${of("plain").toFixed(digits)}, guarded ${of("guarded").toFixed(digits)}, added ${added.toFixed(digits)}; ` +
        `ratio ${ratio("guarded").toFixed(3)}, plain to plain ${ratio("again").toFixed(3)}`,
    );
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

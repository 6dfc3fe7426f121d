/**
 * What the client adds to the times that it reports, beside the floor: the least that any client on this machine could do.
 *
 *   npm run bench:accuracy [-- --rounds 3 --seconds 12 --priority]
 *
 * A server in C stamps every event with the monotonic time of its write (bench/floor/reference-server.c). For each load the
 * floor's client and ours read the same streams, in turn, server and client on a core each; V8's own threads, which compile
 * and collect garbage, run on either, as on any machine. Lateness is our time stamp minus the server's: for a first event it
 * is what is added to TTFT; its change from one event to the next is what is added to a gap. Requests of the first four
 * seconds are our client's warm-up and are left out, as in a run.
 *
 * Streams begin spread over the length of a reply, so that the load is the same at all times. At half of the capacity they
 * also begin all at once: then all of them end, and are sent again, within a few hundredths of a second. A burst is no half
 * load; that row is for whoever wants to know. Exits 1 where the other one is above the bound and the machine was quiet.
 *
 * Needs Linux, a C compiler and taskset.
 */
import { once } from "node:events";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "12" },
    priority: { type: "boolean", default: false },
    streams: { type: "string", default: "1,16,64,256,512,640,768,1024,1536" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const INTERVAL_US = 10_000;
const EVENTS = 128;
const PORT = 19_003;
/** On a quiet machine the least client is late by less than this, at 99 of 100 events and half of our capacity. */
const QUIET_US = 500;
/** Added to TTFT and to gaps, at 99 of 100 and half of our capacity. */
const BOUND_US = 1000;
/** How long a reply takes. */
const REPLY_US = EVENTS * INTERVAL_US;

/** What a client prints: see bench/accuracy-client.ts. */
type Figures = Record<string, number>;

const folder = mkdtempSync(join(tmpdir(), "inferguard-accuracy-"));
for (const name of ["reference-server", "limit-client"])
  execFileSync("cc", ["-O2", "-o", join(folder, name), join(here, "floor", `${name}.c`)]);
const server = startOn(0, [join(folder, "reference-server"), String(PORT), String(EVENTS), String(INTERVAL_US)]);
try {
  await new Promise((resolve) => setTimeout(resolve, 300));
  console.log(
    `${availableParallelism()} cores, Node ${process.versions.node}, ${rounds} rounds, medians; events of about 240 bytes, one every 10 ms in each stream`,
  );
  console.log(
    "         |  events/s  |  CPU µs/event  |  late p99 µs  | ours: added to TTFT, µs  | ours: added to a gap, µs |",
  );
  console.log(
    " streams |   offered     ours |  floor   ours  |  floor   ours |     p50     p99     max  |     p50     p99     max  | errors",
  );
  const table: Awaited<ReturnType<typeof measure>>[] = [];
  for (const text of values.streams.split(",")) table.push(await measure(Number(text), REPLY_US));
  const capacity = Math.max(...table.map(rate));
  console.log(`\ncapacity: ${Math.round(capacity)} events/s on one core (the most that was reached)`);
  const fromHalf = (row: (typeof table)[number]) => Math.abs(rate(row) - capacity / 2);
  const [half] = table.toSorted((a, b) => fromHalf(a) - fromHalf(b));
  if (half !== undefined) {
    console.log("the streams begin all at once:");
    await measure(half.streams, 0);
    const floorUs = half.floor["late_p99_us"] ?? NaN;
    const { ttft_p99_us: ttftUs = NaN, gap_p99_us: gapUs = NaN } = half.ours;
    console.log(
      `at ${Math.round((100 * rate(half)) / capacity)} % of the capacity (${half.streams} streams): p99 added to TTFT ${ms(ttftUs)}, to a gap ${ms(gapUs)}; the floor's own lateness p99 ${ms(floorUs)}`,
    );
    if (floorUs <= QUIET_US) process.exitCode = Math.max(ttftUs, gapUs) <= BOUND_US ? 0 : 1;
    else
      console.log(
        "the floor itself was late: other work was on this machine, and what it cost is in every figure above",
      );
  }
} finally {
  server.kill();
  rmSync(folder, { recursive: true });
}

function rate(row: { ours: Figures }): number {
  return row.ours["events_per_s"] ?? NaN;
}

async function measure(streams: number, spreadUs: number) {
  const requests = Math.max(streams, Math.ceil((streams * seconds * 1e6) / REPLY_US));
  const load = [PORT, streams, requests, spreadUs].map(String);
  const floors: Figures[] = [];
  const ours: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    floors.push(await run([join(folder, "limit-client"), ...load]));
    ours.push(await run([process.execPath, join(here, "accuracy-client.ts"), ...load]));
  }
  const row = { streams, offered: streams * (1e6 / INTERVAL_US), floor: medians(floors), ours: medians(ours) };
  const cell = (value = NaN, width: number, digits = 0) => value.toFixed(digits).padStart(width);
  console.log(
    [
      cell(streams, 8),
      `${cell(row.offered, 9)} ${cell(row.ours["events_per_s"], 9)}`,
      `${cell(row.floor["cpu_us_per_event"], 6, 1)} ${cell(row.ours["cpu_us_per_event"], 6, 1)} `,
      `${cell(row.floor["late_p99_us"], 7)} ${cell(row.ours["late_p99_us"], 6)}`,
      `${cell(row.ours["ttft_p50_us"], 7)} ${cell(row.ours["ttft_p99_us"], 7)} ${cell(row.ours["ttft_max_us"], 7)} `,
      `${cell(row.ours["gap_p50_us"], 7)} ${cell(row.ours["gap_p99_us"], 7)} ${cell(row.ours["gap_max_us"], 7)} `,
      cell(row.ours["errors"], 6),
    ].join(" | "),
  );
  return row;
}

/** The figures that a client printed as its last line. */
async function run(command: string[]): Promise<Figures> {
  const client = startOn(1, command);
  let printed = "";
  client.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await once(client, "close");
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Figures;
}

/** With --priority all other work on the machine waits while these two have any; it takes root. */
function startOn(core: number, [program = "", ...args]: string[]) {
  const [starter = program, ...options] = values.priority ? ["chrt", "--fifo", "1", program] : [];
  const child = spawn(starter, [...options, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  // Of a process that runs, only the first thread is put there.
  setTimeout(() => spawnSync("taskset", ["--cpu-list", "--pid", String(core), String(child.pid)]), 300);
  return child;
}

function medians(rows: Figures[]): Figures {
  const names = Object.keys(rows[0] ?? {}).filter((name) => typeof rows[0]?.[name] === "number");
  const middle = (name: string) =>
    rows.map((row) => row[name] ?? NaN).sort((a, b) => a - b)[Math.floor(rows.length / 2)] ?? NaN;
  return Object.fromEntries(names.map((name) => [name, middle(name)]));
}

function ms(us = NaN): string {
  return `${(us / 1000).toFixed(3)} ms`;
}

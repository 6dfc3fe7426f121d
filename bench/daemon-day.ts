/**
 * A day of the mimic's life, compressed: its own simulation on a clock that is moved by hand, its pages through the real
 * watcher, once a second; restarts of the engine, outages, kills of the watcher and steps of the wall clock among them.
 *
 *   npm run bench:daemon-day [-- --hours 24]
 *
 * It holds that what is held in memory (heap and buffers, after garbage collection) is flat within 10 % from the third
 * hour on, that the highest RSS of the second half is at most 10 % above that of the first (between the two V8 takes and
 * gives back as it likes, with a day's garbage in minutes), that the files stay within their bound at each hour, and that
 * the history equals what really happened at every resolution.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compareWithTruth } from "../src/daemon/compare-life.fixture.ts";
import { type LifePlan, liveThrough } from "../src/daemon/compressed-life.fixture.ts";
import { makePlace } from "../src/daemon/watcher.fixture.ts";
import { historyLevels } from "../src/runs/schemas/history.ts";

const { values } = parseArgs({ options: { hours: { type: "string", default: "24" } } });
const hours = Number(values.hours);
const HOUR = 3600;
const MB = 1e6;
const at = (hour: number, second = 0) => Math.round(hour * HOUR + second);

const plan: LifePlan = {
  seconds: hours * HOUR,
  retainMs: 30 * 24 * HOUR * 1000,
  // Less than a day of the finer levels would take, so that they have to give way.
  maxDiskBytes: 16 * MB,
  engineRestarts: [at(2.5, 7), at(9, 1234), at(20, 3)],
  outages: [
    [at(4, 100), at(4, 700)],
    [at(15, 31), at(15, 39)],
  ],
  kills: [at(6, 17), at(12, 1801), at(21, 5)],
  wallSteps: [
    [at(7, 100), HOUR * 1000],
    [at(8, 200), -HOUR * 1000],
  ],
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const place = makePlace();
const measured: { hour: number; rssMb: number; heapMb: number; diskMb: number }[] = [];
const failures: string[] = [];
const diskBytes = () =>
  readdirSync(place.historyDirectory).reduce((sum, name) => sum + statSync(join(place.historyDirectory, name)).size, 0);

const cpu = process.cpuUsage();
const life = await liveThrough(place, plan, (hour) => {
  for (let i = 0; i < 3; i++) collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  const row = { hour, rssMb: rss / MB, heapMb: (heapUsed + external) / MB, diskMb: diskBytes() / MB };
  measured.push(row);
  if (diskBytes() > plan.maxDiskBytes) failures.push(`hour ${hour}: ${row.diskMb} MB on disk`);
  console.log(
    `hour ${String(hour).padStart(2)}: RSS ${row.rssMb.toFixed(1)} MB, heap and buffers ${row.heapMb.toFixed(2)} MB, disk ${row.diskMb.toFixed(2)} MB`,
  );
});
await life.watcher.stop();
const { user, system } = process.cpuUsage(cpu);

const settled = measured.filter(({ hour }) => hour >= 3);
const live = settled.map(({ heapMb }) => heapMb);
const spread = Math.max(...live) / Math.min(...live) - 1;
console.log(
  `heap and buffers: ${Math.min(...live).toFixed(2)} to ${Math.max(...live).toFixed(2)} MB, ${(spread * 100).toFixed(1)} %`,
);
if (spread > 0.1) failures.push("what is held is not flat within 10 %");
const highest = (rows: typeof measured) => Math.max(...rows.map(({ rssMb }) => rssMb));
const [earlier, later] = [
  highest(settled.filter(({ hour }) => hour <= hours / 2)),
  highest(settled.filter(({ hour }) => hour > hours / 2)),
];
console.log(`highest RSS: ${earlier.toFixed(1)} MB in the first half, ${later.toFixed(1)} MB in the second`);
if (later > earlier * 1.1) failures.push("RSS grows by more than 10 % from the first half to the second");
for (const level of historyLevels) {
  const compared = await compareWithTruth(place.historyDirectory, level, life.truth, plan);
  console.log(
    `${level}: ${compared.intervals} intervals of the engine, seconds ${compared.fromSecond} to ${compared.toSecond}, ${compared.differences.length} differ`,
  );
  failures.push(...compared.differences);
}
const tokens = life.truth.tokens.reduce((sum, each) => sum + each, 0);
console.log(
  `${hours} h, ${tokens} tokens, ${((user + system) / 1e6).toFixed(0)} s of processor time for engine and watcher together, Node ${process.versions.node}`,
);
place.remove();
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/**
 * How long the program takes to start, beside `node -e 0` on the same Node: commands that people run by hand or in every
 * shell, in turn, so that whatever drifts does so for all.
 *
 *   npm run bench:start [-- --rounds 30 --node /path/to/another/node --priority]
 *
 * Everything is done twice in each round: as the machine is, and where the name server answers nothing (bubblewrap makes
 * such a place; without it this is not run, and says so). CPU time, which other work on the machine disturbs less, stands
 * beside the time on the clock. Exits with 1 when a bound does not hold, as far as that can be told: `node -e 0` is also
 * measured a second time, and where it differs from itself by more than a fifth, nothing on the clock says anything. Then
 * `--priority` helps, which wants root: what is measured runs before everything else that this machine has to do.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const bin = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const runner = fileURLToPath(new URL("start-runner.ts", import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    node: { type: "string", default: process.execPath },
    priority: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!existsSync(bin)) throw new Error("there is no dist/main.js: run npm run build");

const folder = mkdtempSync(join(tmpdir(), "inferguard-start-bench-"));
const home = join(folder, "home");
const runsDir = join(folder, "runs");
mkdirSync(home);
const environment = { PATH: process.env["PATH"], HOME: home, LANG: "C.UTF-8" };

/** On Node 25.9 and later, a command that only reads starts again without the network. */
const startsAgain = spawnSync(values.node, ["-p", "process.allowedNodeEnvironmentFlags.has('--allow-net')"], {
  encoding: "utf8",
}).stdout.startsWith("true");

interface Command {
  name: string;
  args: string[];
  /** At most this many times `node -e 0`; null for what the others are compared with. */
  bound: number | null;
}

const readingBound = startsAgain ? 3.5 : 2.5;
const commands: Command[] = [
  { name: "node -e 0", args: ["-e", "0"], bound: null },
  { name: "--version", args: [bin, "--version"], bound: 1.5 },
  { name: "telemetry status", args: [bin, "telemetry", "status"], bound: readingBound },
  { name: "telemetry disable", args: [bin, "telemetry", "disable"], bound: 2.5 },
  {
    name: "telemetry verify-payload",
    args: [bin, "telemetry", "verify-payload", "latest", "--runs-dir", runsDir],
    bound: readingBound,
  },
  // What chance does here.
  { name: "node -e 0, again", args: ["-e", "0"], bound: null },
];

/** Seconds. */
interface Times {
  clock: number;
  cpu: number;
}

interface Place {
  name: string;
  child: ChildProcess;
  answers: AsyncIterator<string>;
  /** Of each round, by the command's name. */
  times: Map<string, Times[]>;
}

try {
  writeRun();
  const places = [openPlace("as it is", []), await openBlackHole()];
  await measure(places.filter((place) => place !== null));
  for (const place of places) place?.child.stdin?.end();
} finally {
  rmSync(folder, { recursive: true });
}

/** A run of the simulated engine, for verify-payload to look at: with enough requests for a value of its payload. */
function writeRun(): void {
  const load = ["--concurrency", "8", "--requests", "240", "--input-tokens", "8", "--output-tokens", "2"];
  // How well this machine measures, and so the exit code, makes no difference here.
  const { stderr } = spawnSync(values.node, [bin, "bench", ...load, "--quiet", "--runs-dir", runsDir], {
    env: environment,
    encoding: "utf8",
  });
  if (!existsSync(runsDir)) throw new Error(`there is no run to look at: ${stderr}`);
}

function openPlace(name: string, prefix: string[], flags: string[] = []): Place {
  const first = values.priority ? ["chrt", "--fifo", "1"] : [];
  const [file = values.node, ...args] = [...first, ...prefix, values.node, runner, ...flags];
  const child = spawn(file, args, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { name, child, answers, times: new Map(commands.map((command) => [command.name, []])) };
}

/** A network of its own, with one name server, on loopback, where nobody answers. */
async function openBlackHole(): Promise<Place | null> {
  const resolver = join(folder, "resolv.conf");
  writeFileSync(resolver, "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n");
  // oxfmt-ignore
  const bubblewrap = [
    "bwrap", "--unshare-user", "--uid", "0", "--gid", "0", "--unshare-net", "--cap-add", "CAP_NET_BIND_SERVICE",
    "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--ro-bind", resolver, "/etc/resolv.conf", "--die-with-parent", "--",
  ];
  const [file = "", ...args] = bubblewrap;
  const { error, status, stderr } = spawnSync(file, [...args, "true"], { encoding: "utf8" });
  if (error !== undefined || status !== 0) {
    console.log(`NOT RUN: where no name server answers, for want of bubblewrap: ${error?.message ?? stderr.trim()}`);
    return null;
  }
  const place = openPlace("no name server answers", bubblewrap, ["--black-hole"]);
  const { lookupMs } = (await answerOf(place)) as { lookupMs: number };
  console.log(`where no name server answers, looking one name up takes ${Math.round(lookupMs)} ms`);
  if (lookupMs < 1000) throw new Error("that place is no black hole: a look-up ends at once");
  return place;
}

async function measure(places: Place[]): Promise<void> {
  // The first round fills the caches of the disk.
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? commands : commands.toReversed();
    for (const { name, args } of order)
      for (const place of places) {
        place.child.stdin?.write(`${JSON.stringify(args)}\n`);
        const { code, ...times } = (await answerOf(place)) as Times & { code: number | null };
        if (code !== 0) throw new Error(`${name} ended with ${code}, ${place.name}`);
        if (round > 0) place.times.get(name)?.push(times);
      }
  }
  report(places);
}

async function answerOf(place: Place): Promise<unknown> {
  const answer = await place.answers.next();
  if (answer.done === true) throw new Error(`what measures has ended, ${place.name}`);
  return JSON.parse(answer.value);
}

function report(places: Place[]): void {
  const { stdout } = spawnSync(values.node, ["--version"], { encoding: "utf8" });
  console.log(`Node ${stdout.trim()}, medians of ${rounds}: ms on the clock (ms of CPU), and how many times node -e 0`);
  const medianOf = (place: Place, name: string, what: keyof Times) =>
    median((place.times.get(name) ?? []).map((times) => 1000 * times[what]));
  const [floor, again] = [commands[0]?.name ?? "", commands.at(-1)?.name ?? ""];
  for (const { name, bound } of commands)
    for (const place of places) {
      const [clock, cpu] = (["clock", "cpu"] as const).map((what) => ({
        ms: medianOf(place, name, what).toFixed(0),
        times: medianOf(place, name, what) / medianOf(place, floor, what),
      })) as [Figure, Figure];
      const figures = `${clock.ms} (${cpu.ms}), ${clock.times.toFixed(2)} times (${cpu.times.toFixed(2)})`;
      const chance = medianOf(place, again, "clock") / medianOf(place, floor, "clock");
      const verdict = bound === null || place !== places[0] ? "" : verdictOn(clock.times, bound, chance);
      console.log(`${name}, ${place.name}: ${figures}${verdict}`);
    }
  const [asItIs, blackHole] = places;
  if (asItIs === undefined || blackHole === undefined) return;
  for (const { name } of commands) {
    const [clock, cpu] = (["clock", "cpu"] as const).map((what) =>
      (medianOf(blackHole, name, what) / medianOf(asItIs, name, what)).toFixed(2),
    );
    console.log(`${name}, ${blackHole.name}, to as it is: ${clock} times (${cpu})`);
  }
}

/** @param chance how many times itself the floor is */
function verdictOn(times: number, bound: number, chance: number): string {
  if (Math.max(chance, 1 / chance) > 1.2) return `, at most ${bound}: not told, this machine was too busy`;
  if (times <= bound) return `, at most ${bound}: holds`;
  process.exitCode = 1;
  return `, at most ${bound}: DOES NOT HOLD`;
}

interface Figure {
  ms: string;
  times: number;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half - 0.5)] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

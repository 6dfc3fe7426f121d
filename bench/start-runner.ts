/**
 * One process of bench/start.ts: reads a command line as JSON on each line, runs it, and prints how many milliseconds it
 * took, on the clock and on the CPU (bash tells both, of the process alone), and its exit code. With `--black-hole` it first opens a name server that reads no question, and says how long
 * looking a name up takes with it.
 */
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Seconds to three places; its own output is nobody's. */
const timed = `TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1`;

if (process.argv[2] === "--black-hole") {
  const socket = createSocket("udp4");
  // Nothing listens for messages, so questions stay in the kernel. The system's resolver asks this port and no other.
  socket.bind(53, "127.0.0.1");
  await once(socket, "listening");
  socket.unref();
  const startMs = performance.now();
  const found = await lookup("start.inferguard.invalid").catch(() => null);
  if (found !== null) throw new Error("a name was found where no resolver answers");
  print({ lookupMs: performance.now() - startMs });
}

for await (const line of createInterface({ input: process.stdin })) {
  const args = JSON.parse(line) as string[];
  const { status, stderr } = spawnSync("bash", ["-c", timed, "bash", process.execPath, ...args], { encoding: "utf8" });
  const [clock, user = 0, system = 0] = stderr.trim().split(" ").map(Number);
  print({ clock, cpu: user + system, code: status });
}

function print(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

/**
 * Loaded into a process before its own code, by bench/proxy.ts: what its main thread did at most before it looked at its
 * sockets again, in processor time, so that waiting for a core is no part of it. SIGUSR2 has it written, and begins anew.
 */
import { writeFileSync } from "node:fs";

const path = new URL(import.meta.url).searchParams.get("to") ?? "";
let mostMs = 0;
let before = process.threadCpuUsage();

process.on("SIGUSR2", () => {
  writeFileSync(path, `${mostMs}\n`);
  mostMs = 0;
});
look();

function look(): void {
  const used = process.threadCpuUsage(before);
  mostMs = Math.max(mostMs, (used.user + used.system) / 1000);
  before = process.threadCpuUsage();
  setTimeout(look, 1).unref();
}

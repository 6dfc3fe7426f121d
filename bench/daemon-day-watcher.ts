/**
 * The watcher of bench/daemon-day.ts, in a process of its own, by a clock that stands until all of a second is done. It asks
 * for its pages on loopback, through the gate and the client that a daemon has, and settles its memory as a daemon does.
 * Standard output has a line of JSON for each ten minutes of its life, and one at the end of its span.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type LifePlan, openCompressedWatch } from "../src/daemon/compressed-watch.fixture.ts";
import { holdMemory } from "../src/daemon/hold-memory.ts";
import { targetAt } from "../src/daemon/watcher.fixture.ts";
import { openGate } from "../src/net/gate.ts";
import { installGuard } from "../src/net/guard.ts";
import type { HttpClient } from "../src/net/http-client.ts";
import { openHttpClient } from "../src/net/open-http-client.ts";

/** All in seconds of the life. */
export interface WatcherOrder {
  port: number;
  runsDir: string;
  historyDirectory: string;
  plan: LifePlan;
  from: number;
  /** Where it waits to be killed; at the end of the plan it stops in good order. */
  to: number;
  /** From here on `peak` counts. */
  warmAt: number;
}

export type WatcherLine =
  | ({ says: "memory"; second: number; peak: number } & NodeJS.MemoryUsage)
  | { says: "reached"; second: number; cpuSeconds: number; warnings: string[] };

const { port, runsDir, historyDirectory, plan, from, to, warmAt } = JSON.parse(
  process.argv[2] as string,
) as WatcherOrder;

holdMemory();
installGuard();
const gate = openGate();
const client = openHttpClient(gate, "reuse");

/** Says in a header which second it is, and hears the answer at that moment. */
function clientOf(nowMs: () => number): HttpClient {
  return {
    async exchange(request, limits, observer) {
      const endMs = nowMs();
      const second = ["second", String(Math.round(endMs / 1000))] as const;
      const exchange = await client.exchange({ ...request, headers: [...request.headers, second] }, limits, observer);
      return { ...exchange, endMs };
    },
    close: () => client.close(),
  };
}

function say(line: WatcherLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The highest resident memory at any moment since the start, or since `forgetPeak`. Linux only. */
function peak(): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

function forgetPeak(): void {
  writeFileSync("/proc/self/clear_refs", "5");
}

const targets = [targetAt(port), targetAt(port, "/dcgm/metrics", "gpu")] as const;
const watch = await openCompressedWatch({ runsDir, historyDirectory }, plan, { targets, clientOf }, from);
await watch.liveUntil(to, (second) => {
  if (second === warmAt) forgetPeak();
  if (second % 600 === 0) say({ says: "memory", second, peak: peak(), ...process.memoryUsage() });
});
const { user, system } = process.cpuUsage();
say({ says: "reached", second: to, cpuSeconds: (user + system) / 1e6, warnings: watch.warnings });
// A watcher that is to be killed has written what it had, and is in the midst of its life.
if (to < plan.seconds) await new Promise((resolve) => setTimeout(resolve, 60_000));
await watch.watcher.stop();
client.close();
gate.close();

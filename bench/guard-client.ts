/**
 * One process of bench/guard.ts: `guard-client.ts <guarded|plain> <port> <connections>`. Opens connections one after the
 * other through the gate and prints what one took in microseconds, on the clock and on the CPU.
 */
import { installGuard } from "../src/net/guard.ts";

const [mode, port, connections] = process.argv.slice(2);
if (mode === "guarded" && installGuard().is !== "live") throw new Error("the guard is not live");
// After the guard, as in the program.
const { mintAuthority } = await import("../src/net/authority.ts");
const { openGate } = await import("../src/net/gate.ts");
const { monotonicMs } = await import("../src/clock.ts");

const WARM_UP = 1000;
const gate = openGate();
const authority = mintAuthority("inference-endpoint", "127.0.0.1", Number(port), "--endpoint");
async function openMany(count: number): Promise<void> {
  for (let each = 0; each < count; each++) {
    const opened = await gate.connect(authority, null, { timeoutMs: 10_000 });
    if (!("connection" in opened)) throw new Error(opened.failure.message);
    const closed = new Promise<void>((resolve) => opened.connection.onClosed(resolve));
    opened.connection.destroy();
    await closed;
  }
}

// Until the compiler has warmed up.
await openMany(WARM_UP);
const startMs = monotonicMs();
const startCpu = process.cpuUsage();
await openMany(Number(connections));
const { user, system } = process.cpuUsage(startCpu);
const wall = ((monotonicMs() - startMs) * 1000) / Number(connections);
process.stdout.write(JSON.stringify({ wall, cpu: (user + system) / Number(connections) }));

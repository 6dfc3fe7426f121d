/**
 * What the proxy of `trace` does to the bytes, what it adds to their way, and what it keeps of them.
 *
 *   npm run bench:proxy [-- --requests 10000 --rounds 5 --seconds 10 --priority --parts memory,stalls]
 *
 * 1. Identity: so many requests of all APIs, streamed and not, faults included, through `inferguard trace` to the simulated
 *    engine. What a wire tap before the engine saw is compared with what the client said and heard, byte for byte.
 * 2. Latency: a server in C stamps every event with the monotonic time of its write. Two clients in C read 200 streams of 20
 *    events/s each at the same time, one straight from it and one through the proxy: what the proxy adds is the difference
 *    of their lateness. Once with the streams spread over the 50 ms, once with all events of a moment together.
 * 3. Memory: the proxy's peak while it passes replies of 5 MB to 2 GB. It must not grow with their length.
 * 4. Stalls: how late events of other streams come while requests of 13 MB and 60,000 messages are read.
 *
 * Needs Linux, a C compiler and taskset.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request as startRequest, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { monotonicMs } from "../src/clock.ts";
import { mintAuthority } from "../src/net/authority.ts";
import { startMimic } from "../src/mimic/start.ts";
import { conversations } from "../test/identity-requests.ts";
import { talk } from "../test/raw-client.ts";
import { startTap } from "../test/tap.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "10" },
    priority: { type: "boolean", default: false },
    parts: { type: "string", default: "identity,latency,memory,stalls" },
  },
});
const STREAMS = 200;
const INTERVAL_US = 50_000;
/** Above the peak of its start: what passes and is not yet read, a whole body that is kept, the heap that reads it. */
const MOST_ADDED_MB = 48;
/** From 50 MB to 2 GB. Only in the longer replies does as much wait to be read as may: 4 MB, and what comes of it. */
const MOST_GROWTH = 1.15;
const MEMORY_RUNS = 5;
/** Of processor time. */
const MOST_AT_ONCE_MS = 50;
const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "inferguard-proxy-"));
const children = new Set<ChildProcess>();

try {
  console.log(
    `${availableParallelism()} cores, Node ${process.versions.node}, load average ${loadavg()[0]?.toFixed(1)} at the start`,
  );
  const parts = new Set(values.parts.split(","));
  if (parts.has("identity")) await identity(Number(values.requests));
  if (parts.has("latency")) await latency(Number(values.rounds), Number(values.seconds));
  if (parts.has("memory")) await memory();
  if (parts.has("stalls")) await stalls();
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

async function identity(requests: number): Promise<void> {
  const quick = { profile: "h100-8b", seed: 1, model: "quick-model" };
  const mimic = await startMimic(mintAuthority("loopback-mimic", "127.0.0.1", 0, "--port"), quick);
  const tap = await startTap(mimic.port);
  const proxy = await startProxy(tap.port);
  const all = [...conversations(requests)];
  const heard = new Map<string, string>();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let said = all.pop(); said !== undefined; said = all.pop())
        heard.set(said.replaceAll("127.0.0.1", `127.0.0.1:${tap.port}`), (await talk(proxy.port, [said])).text);
    }),
  );
  const conversationsHeard = heard.size;
  let bytes = 0;
  let alike = 0;
  for (const { toServer, fromServer } of tap.connections) {
    bytes += toServer.length + fromServer.length;
    if (heard.get(toServer) === fromServer) {
      alike++;
      heard.delete(toServer);
    }
  }
  await proxy.stop();
  await tap.close();
  await mimic.close();
  console.log(
    `identity: ${requests} requests on ${conversationsHeard} connections, ${(bytes / 1e6).toFixed(1)} MB: ` +
      `${alike} connections byte for byte alike at the agent and at the server, ${heard.size} not`,
  );
  if (heard.size > 0) process.exitCode = 1;
}

async function latency(rounds: number, seconds: number): Promise<void> {
  for (const name of ["reference-server", "limit-client"])
    execFileSync("cc", ["-O2", "-o", join(folder, name), join(here, "floor", `${name}.c`)]);
  const port = 19_005;
  const events = Math.round((seconds * 1e6) / INTERVAL_US);
  const server = startOn("0", [join(folder, "reference-server"), String(port), String(events), String(INTERVAL_US)]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const proxy = await startProxy(port, "1");
  for (const [name, spreadUs] of [
    ["spread", INTERVAL_US],
    ["together", 0],
  ] as const) {
    const runs: { straight: Figures; proxied: Figures }[] = [];
    let cpuBefore = 0;
    // The first round is the proxy's warm-up.
    for (let round = -1; round < rounds; round++) {
      const client = (to: number) => figuresOf([String(to), String(STREAMS), String(STREAMS), String(spreadUs)]);
      const [straight, proxied] = await Promise.all([client(port), client(proxy.port)]);
      if (round < 0) cpuBefore = proxy.cpuSeconds();
      else runs.push({ straight, proxied });
    }
    const added = (figure: keyof Figures) =>
      median(runs.map(({ straight, proxied }) => proxied[figure] - straight[figure]));
    const of = (way: "straight" | "proxied", figure: keyof Figures) => median(runs.map((run) => run[way][figure]));
    console.log(
      `latency, ${name}: ${STREAMS} streams of ${1e6 / INTERVAL_US} events/s on each way, ${rounds} rounds of ${seconds} s, medians: ` +
        `straight p50 ${ms(of("straight", "late_p50_us"))}, p99 ${ms(of("straight", "late_p99_us"))}; ` +
        `through the proxy p50 ${ms(of("proxied", "late_p50_us"))}, p99 ${ms(of("proxied", "late_p99_us"))}; ` +
        `${((1e6 * (proxy.cpuSeconds() - cpuBefore)) / (rounds * STREAMS * events)).toFixed(0)} us of processor time an event in the proxy; ` +
        `added p50 ${ms(added("late_p50_us"))}, p99 ${ms(added("late_p99_us"))} (load average ${loadavg()[0]?.toFixed(1)})`,
    );
    // Straight from the server nothing stands between it and a client that hardly works: what is late there waited.
    if (of("straight", "late_p99_us") > 1000)
      console.log("  the machine was too busy to tell: events came late without the proxy too");
  }
  await proxy.stop();
  server.kill("SIGKILL");
}

interface Figures {
  late_p50_us: number;
  late_p99_us: number;
}

async function figuresOf(args: string[]): Promise<Figures> {
  const client = startOn("0", [join(folder, "limit-client"), ...args]);
  let printed = "";
  client.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await once(client, "close");
  return JSON.parse(printed) as Figures;
}

/** A proxy of its own for each reply, so that a peak is that reply's. */
async function memory(): Promise<void> {
  for (const kind of ["events", "one JSON document"] as const) {
    const peaks = new Map<number, number>();
    for (const megabytes of [5, 50, 500, 2000]) {
      const runs: { before: number; after: number }[] = [];
      for (let run = 0; run < MEMORY_RUNS; run++) runs.push(await peakOf(kind, megabytes));
      const before = median(runs.map((run) => run.before));
      const after = median(runs.map((run) => run.after));
      peaks.set(megabytes, after);
      console.log(
        `memory: a reply of ${megabytes} MB (${kind}), medians of ${MEMORY_RUNS}: peak ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`,
      );
      if (after - before > MOST_ADDED_MB) fail(`  more than ${MOST_ADDED_MB} MB were added`);
    }
    const growth = (peaks.get(2000) ?? NaN) / (peaks.get(50) ?? NaN);
    console.log(`memory: the peak at 2 GB (${kind}) is ${growth.toFixed(2)} times the one at 50 MB`);
    if (!(growth <= MOST_GROWTH)) fail(`  more than ${MOST_GROWTH}: it grows with the length`);
  }
}

function fail(why: string): void {
  console.log(why);
  process.exitCode = 1;
}

async function peakOf(
  kind: Parameters<typeof serve>[0],
  megabytes: number,
): Promise<{ before: number; after: number }> {
  const server = await serve(kind, megabytes);
  const proxy = await startProxy(server.port);
  const before = proxy.peakMb();
  const bytes = await read(proxy.port);
  const after = proxy.peakMb();
  if (bytes < megabytes * 1e6) fail(`  of ${megabytes} MB only ${(bytes / 1e6).toFixed(0)} arrived`);
  await proxy.stop();
  server.close();
  return { before, after };
}

async function serve(
  kind: "events" | "one JSON document",
  megabytes: number,
): Promise<{ port: number; close(): void }> {
  const event = `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${"word ".repeat(20)}"}}]}\n\n`;
  const piece = Buffer.from(
    kind === "events" ? event.repeat(Math.ceil(50_000 / event.length)) : "0.12345,".repeat(6250),
  );
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      const type = kind === "events" ? "text/event-stream" : "application/json";
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`);
      let left = Math.ceil((megabytes * 1e6) / piece.length);
      const more = () => {
        while (left-- > 0) if (!socket.write(piece)) return void socket.once("drain", more);
        socket.end();
      };
      more();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

function read(port: number): Promise<number> {
  return new Promise((resolve) => {
    const body = '{"model":"m","stream":true,"messages":[]}';
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    let bytes = 0;
    const socket = connect(port, "127.0.0.1");
    socket.write(head + body);
    socket.on("data", (piece) => (bytes += piece.length));
    socket.on("close", () => resolve(bytes));
  });
}

/** Ten streams of 20 events/s straight and ten through the proxy, in this process; the long requests are another's. */
async function stalls(): Promise<void> {
  const server = createHttpServer((message, reply) => {
    message.resume();
    if (message.headers["x-paced"] === undefined)
      return void message.on("end", () => reply.setHeader("content-type", "application/json").end("{}"));
    reply.setHeader("content-type", "text/event-stream");
    const timer = setInterval(() => reply.write(`data: ${monotonicMs()}\n\n`), INTERVAL_US / 1000);
    reply.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const mostFile = join(folder, "most-at-once");
  const watch = `--import=${pathToFileURL(join(here, "turn-watch.ts")).href}?to=${encodeURIComponent(mostFile)}`;
  const proxy = await startProxy(port, null, [watch]);
  const late = { straight: [] as number[], proxied: [] as number[] };
  const streams: IncomingMessage[] = [];
  const follow = async (to: number, lateMs: number[]) => {
    const sent = startRequest({ port: to, host: "127.0.0.1", method: "POST", path: "/v1/chat/completions" });
    sent.setHeader("x-paced", "1").end("{}");
    const [reply] = (await once(sent, "response")) as [IncomingMessage];
    streams.push(reply);
    reply.setEncoding("utf8").on("error", () => {});
    reply.on("data", (text: string) => {
      for (const [, writtenMs] of text.matchAll(/data: (\S+)/g)) lateMs.push(monotonicMs() - Number(writtenMs));
    });
  };
  for (let stream = 0; stream < 10; stream++) {
    await Promise.all([follow(port, late.straight), follow(proxy.port, late.proxied)]);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_US / 1000 / 10));
  }
  late.straight.length = late.proxied.length = 0;
  await mostAtOnce(proxy, mostFile);
  const sender = startOn("0", [process.execPath, join(here, "long-requests.ts"), String(proxy.port), "8", "60000"]);
  await once(sender, "close");
  const figures = (all: number[]) => {
    const sorted = all.toSorted((a, b) => a - b);
    return `p99 ${sorted[Math.floor(sorted.length * 0.99)]?.toFixed(1)} ms, most ${sorted.at(-1)?.toFixed(1)} ms`;
  };
  console.log(
    `stalls: ${late.proxied.length} events of 10 streams while 8 requests of 60,000 messages are read, late: ` +
      `straight ${figures(late.straight)}; through the proxy ${figures(late.proxied)} (load average ${loadavg()[0]?.toFixed(1)})`,
  );
  const mostMs = await mostAtOnce(proxy, mostFile);
  for (const stream of streams) stream.destroy();
  await proxy.stop();
  server.close();
  console.log(`stalls: the proxy worked for at most ${mostMs.toFixed(1)} ms before it looked at its sockets again`);
  if (mostMs > MOST_AT_ONCE_MS) fail(`  more than ${MOST_AT_ONCE_MS} ms`);
}

/** Since it was asked last. */
async function mostAtOnce(proxy: Proxy, file: string): Promise<number> {
  writeFileSync(file, "");
  proxy.signal("SIGUSR2");
  for (;;) {
    const written = readFileSync(file, "utf8");
    if (written.endsWith("\n")) return Number(written);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Proxy {
  port: number;
  peakMb(): number;
  /** Seconds of processor time up to now. */
  cpuSeconds(): number;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** The command as it is installed, with its recorder, its run directory on disk included. */
async function startProxy(endpointPort: number, core: string | null = null, nodeArgs: string[] = []): Promise<Proxy> {
  const endpoint = `http://127.0.0.1:${endpointPort}`;
  const args = [join(here, "../dist/main.js"), "trace", "--endpoint", endpoint, "--listen", "0", "--runs-dir", folder];
  const child = startOn(core, [process.execPath, ...nodeArgs, ...args]);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  while (!said.includes("Ctrl-C")) {
    if (child.exitCode !== null) throw new Error(said);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (values.priority && core !== null) execFileSync("chrt", ["-f", "-p", "10", String(child.pid)]);
  return {
    port: Number(/trace: http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]),
    peakMb: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1000,
    cpuSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "close");
    },
  };
}

/**
 * On one core, and with --priority as real-time work, for which everything else on the machine waits; it takes root. Of the
 * proxy the main thread alone, once it is up: Node's other threads can wait by spinning, and would keep everybody out.
 */
function startOn(core: string | null, command: string[]): ChildProcess {
  const isProxy = command[0] === process.execPath;
  const urgently = values.priority && core !== null && !isProxy ? ["chrt", "-f", "10"] : [];
  const [program = "", ...args] = [...(core === null ? [] : ["taskset", "-c", core]), ...urgently, ...command];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(3)} ms`;
}

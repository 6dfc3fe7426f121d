/** A program for guard.test.ts: installs the guard as the bin does, does what its argument names, and prints what came of it. */
import { text } from "node:stream/consumers";
import { deniedAttempts, installGuard } from "./guard.ts";

const state = installGuard();
// Only now, as the bin has it.
const { mintAuthority } = await import("./authority.ts");
const { openGate } = await import("./gate.ts");
const { listenHttp } = await import("./listen.ts");
const { startOwnProcess } = await import("./child.ts");
const { connect, createServer } = await import("node:net");
const { spawn } = await import("node:child_process");

const [behaviour = ""] = process.argv.slice(2);
const listener = () => mintAuthority("localhost-daemon", "127.0.0.1", 0, "--port");
const endpoint = (host: string, port: number) => mintAuthority("inference-endpoint", host, port, "--endpoint");

const behaviours: Record<string, () => unknown> = {
  state: () => state,

  async gateAndFetch() {
    const server = await listenHttp(listener(), (_, response) => void response.end("hello"));
    const gate = openGate();
    const opened = await gate.connect(endpoint("127.0.0.1", server.port), null, { timeoutMs: 5000 });
    const fetched = await codeOf(fetch(`http://127.0.0.1:${server.port}/`));
    await server.close();
    gate.close();
    return { opened: "connection" in opened, fetched, denials: gate.denials(), attempts: deniedAttempts().length };
  },

  /** While the gate connects, other code connects to the same place, and tries to go on with the gate's own handle. */
  async sharedTicket() {
    const server = await listenHttp(listener(), () => {});
    const gate = openGate();
    const opening = gate.connect(endpoint("127.0.0.1", server.port), null, { timeoutMs: 5000 });
    const beside = await codeOf(connected(server.port, "127.0.0.1"));
    const opened = await opening;
    const elsewhere = gate.connect(endpoint("127.0.0.1", server.port + 1), null, { timeoutMs: 5000 });
    gate.close();
    await elsewhere;
    await server.close();
    return { beside, opened: "connection" in opened };
  },

  /** Through the gate, and beside it to the very same socket. */
  async unixSocket() {
    const { listenUnix } = await import("./listen-unix.ts");
    const authority = mintAuthority("localhost-daemon", process.argv[3] ?? "", 0, "daemon");
    const server = await listenUnix(authority, () => {});
    const gate = openGate();
    const opened = await gate.connect(authority, null, { timeoutMs: 5000 });
    const beside = await codeOf(
      new Promise((resolve, reject) => connect(authority.host, () => resolve(null)).once("error", reject)),
    );
    gate.close();
    await server.close();
    return { opened: "connection" in opened, beside, denials: gate.denials() };
  },

  async lookUp() {
    const { lookup } = await import("node:dns/promises");
    const gate = openGate();
    const resolved = await gate.resolve(endpoint("localhost", 9));
    return { resolved: "addresses" in resolved, beside: await codeOf(lookup("localhost")), denials: gate.denials() };
  },

  async listen() {
    const server = await listenHttp(listener(), () => {});
    await server.close();
    const beside = createServer();
    const listening = new Promise((resolve, reject) => {
      beside.once("error", reject).listen(server.port, "127.0.0.1", () => resolve(null));
    });
    return { port: server.port > 0, beside: await codeOf(listening) };
  },

  async listenByName() {
    const server = await listenHttp(mintAuthority("localhost-daemon", "localhost", 0, "--port"), () => {});
    await server.close();
    return { port: server.port > 0, denied: deniedAttempts().length };
  },

  async child() {
    const bin = new URL("child.fixture.ts", import.meta.url).pathname;
    const own = await startOwnProcess(bin, ["report"], 10_000);
    await own.stop();
    return { own: own.firstLine.length > 0, beside: await spawned(bin) };
  },

  /** What a person's programs do with a child that cannot be started, all of which has to end in ordinary errors. */
  async deniedChild() {
    const events: string[] = [];
    const child = spawn("true", [], { stdio: "pipe" });
    child.stdin.end("x".repeat(100_000));
    child.stdout.on("data", () => events.push("data")).on("end", () => events.push("end of output"));
    child.once("error", (error) => events.push((error as NodeJS.ErrnoException).code ?? "?"));
    await new Promise((resolve) => child.once("close", resolve));
    return events;
  },

  async input() {
    return { input: await text(process.stdin), denied: deniedAttempts() };
  },

  async refusals() {
    const refused = async (start: () => unknown) => {
      try {
        await start();
        return "went on";
      } catch (error) {
        return error instanceof Error ? [error.message, Reflect.get(error, "exitCode")] : error;
      }
    };
    return {
      gate: await refused(() => openGate()),
      listener: await refused(() => listenHttp(listener(), () => {})),
      child: await refused(() => startOwnProcess("bin", [], 1000)),
    };
  },

  /** `earlySetEngine` is left by a file that imported the function before the guard came. */
  async engine() {
    const { setEngine } = await import("node:crypto");
    const early = Reflect.get(globalThis, "earlySetEngine") as typeof setEngine | undefined;
    const loads = [setEngine, early ?? setEngine];
    return Promise.all(loads.map((load) => codeOf(Promise.resolve().then(() => load("/nowhere.so")))));
  },

  async shown() {
    await codeOf(connected(9, "\u001B[2J.example"));
    connect(`/run/${"x".repeat(5000)}`).on("error", () => {});
    return deniedAttempts();
  },
};

const answer: unknown = await behaviours[behaviour]?.();
process.stdout.write(JSON.stringify(answer));

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "went through";
  } catch (error) {
    const { code, cause } = error as { code?: string; cause?: { code?: string } };
    return cause?.code ?? code ?? String(error);
  }
}

function connected(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

function spawned(file: string): Promise<string> {
  return codeOf(
    new Promise((resolve, reject) =>
      spawn(process.execPath, [file, "report"]).once("error", reject).once("spawn", resolve),
    ),
  );
}

/**
 * Runs inside the airlock, where there is no network but this process's own: listens at the addresses of the authorised
 * endpoints, carries each connection as it is through a Unix socket to the process outside that opens the real one, and
 * runs the command. It is started by airlocks.ts, as a program of its own: `airlock-inside <settings.json> <command...>`.
 */
import { spawn } from "node:child_process";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { CommandEnd } from "./run-command.ts";

export interface AirlockSettings {
  endpoints: { address: string; port: number; socket: string }[];
  /** Where to write how the command ended. */
  endPath: string;
}

/** How the command ended; without code and signal when it could not be started. */
export interface AirlockEnd extends CommandEnd {
  /** The network interfaces that it had, and the namespace that they were in: the evidence. */
  interfaces: string[];
  namespace: string;
}

const [settingsPath = "", program = "", ...args] = process.argv.slice(2);
const { endpoints, endPath } = JSON.parse(readFileSync(settingsPath, "utf8")) as AirlockSettings;
await Promise.all(endpoints.map(relay));

const child = spawn(program, args, { stdio: "inherit" });
child.once("error", () => finish(null, null));
child.once("close", finish);

function finish(code: number | null, signal: NodeJS.Signals | null): void {
  const interfaces = [...readFileSync("/proc/self/net/dev", "utf8").matchAll(/^ *([^:\s]+):/gm)].map(
    ([, name = ""]) => name,
  );
  const end: AirlockEnd = { code, signal, interfaces, namespace: readlinkSync("/proc/self/ns/net") };
  writeFileSync(endPath, JSON.stringify(end));
}

/** An end from either side ends both: no client of ours goes on listening after it has closed. */
function relay({ address, port, socket }: AirlockSettings["endpoints"][number]): Promise<void> {
  const server = createServer({ noDelay: true }, (inner) => {
    const outer = connect({ path: socket });
    inner.on("error", () => outer.destroy()).on("close", () => outer.destroy());
    outer.on("error", () => inner.resetAndDestroy());
    inner.pipe(outer).pipe(inner);
    // Only the command keeps this process alive.
    inner.unref();
    outer.unref();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).unref();
    server.listen(port, address, resolve);
  });
}

/** Listening: whoever connects gets what the process has. Each says itself that it listens. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pause, skip } from "./trying.mjs";

export const listeners = {
  "a server at every address": async () => listens((await import("node:net")).createServer(), 0, "0.0.0.0"),
  "a server on loopback": async () => listens((await import("node:net")).createServer(), 0, "127.0.0.1"),
  "a server without an address": async () => listens((await import("node:net")).createServer(), 0),
  "an http server": async () => listens((await import("node:http")).createServer(), 0),
  "a server with another iterator of Set.prototype": async () => {
    const { createServer } = await import("node:net");
    const original = Set.prototype[Symbol.iterator];
    Set.prototype[Symbol.iterator] = function* () {
      yield { address: "0.0.0.0", port: 0 };
    };
    try {
      return await listens(createServer(), 0, "0.0.0.0");
    } finally {
      Set.prototype[Symbol.iterator] = original;
    }
  },
  "a server at a Unix socket": async (to) =>
    listens((await import("node:net")).createServer(), join(to.directory, "listener.sock")),
  "a UDP socket": async () => {
    const { createSocket } = await import("node:dgram");
    const socket = createSocket("udp4");
    return new Promise((resolve, reject) => socket.on("error", reject).bind(0, () => resolve(true)));
  },
  "a handle that listens without being bound": async () => {
    const { TCP, constants } = process.binding("tcp_wrap");
    return new TCP(constants.SERVER).listen(1) === 0;
  },
  "inspector.open": async () => {
    const inspector = await import("node:inspector");
    inspector.open(0);
    return inspector.url() !== undefined;
  },
  "inspector/promises open": async () => {
    const inspector = await import("node:inspector/promises");
    inspector.open(0);
    return inspector.url() !== undefined;
  },
  "an inspector session with oneself": async () => {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    return new Promise((resolve) => session.post("Runtime.evaluate", { expression: "1" }, () => resolve(true)));
  },
  "the debugger's signal": async (to) => {
    if (process.platform !== "linux") skip("only Linux says here who listens");
    process.debugPort = to.freePort;
    process.kill(process.pid, "SIGUSR1");
    await pause(300);
    // The listeners of this network namespace: state 0A at 127.0.0.1.
    const port = to.freePort.toString(16).toUpperCase().padStart(4, "0");
    return readFileSync("/proc/net/tcp", "utf8").includes(`0100007F:${port} 00000000:0000 0A`);
  },
};

function listens(server, ...at) {
  return new Promise((resolve, reject) => server.on("error", reject).listen(...at, () => resolve(true)));
}

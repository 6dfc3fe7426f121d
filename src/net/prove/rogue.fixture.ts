/**
 * A program that does what no flag allows, in place of InferGuard's own: `rogue.fixture.ts <deed> <port or path>`. Every address is
 * loopback, or one for documentation that is only asked for where there is no network.
 */
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns";
import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

const [deed = "", place = ""] = process.argv.slice(2);
const port = Number(place);
const elsewhere = `require("node:net").connect(${port}, "127.0.0.1").on("error", () => {}).end()`;

function leave(socket: Socket): void {
  socket.on("error", () => {}).end();
}

const deeds: Record<string, () => void> = {
  nothing() {},
  fetch() {
    get({ host: "127.0.0.1", port }, (response) => response.resume()).on("error", () => {});
  },
  tcp: () => leave(connect(port, "127.0.0.1")),
  "far away": () => leave(connect(443, "203.0.113.7")),
  "unix socket": () => leave(connect(place)),
  udp() {
    const socket = createSocket("udp4");
    socket.send("secret", port, "127.0.0.1", () => socket.close());
  },
  "own resolver"() {
    const resolver = new Resolver({ timeout: 100, tries: 1 });
    resolver.setServers([`127.0.0.1:${port}`]);
    resolver.resolve4("secret.example", () => {});
  },
  child() {
    execFileSync(process.execPath, ["-e", elsewhere]);
  },
  worker() {
    // oxlint-disable-next-line no-new
    new Worker(elsewhere, { eval: true });
  },
  "other user"() {
    execFileSync("su", ["--version"], { stdio: "ignore" });
  },
  "kill the watcher"() {
    process.kill(process.ppid, "SIGKILL");
  },
  wait() {
    const waiting = setTimeout(() => {}, 60_000);
    process.once("SIGTERM", () => {
      clearTimeout(waiting);
      process.exitCode = 143;
    });
  },
};

const act = deeds[deed];
if (act === undefined) process.exitCode = 2;
else act();

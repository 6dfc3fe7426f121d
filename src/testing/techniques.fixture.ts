/** Ways out, each tried and its failure swallowed, as code under test would. All aim at addresses that lead nowhere. */
import { exec, execFile, execFileSync, fork, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { setEngine } from "node:crypto";
import dns, { lookup, Resolver } from "node:dns";
import { lookup as lookupAsPromised, resolve4 } from "node:dns/promises";
import { once } from "node:events";
import { createServer, get } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { get as getHttps } from "node:https";
import module, { isBuiltin } from "node:module";
import { type AddressInfo, connect, Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { runInNewContext, runInThisContext } from "node:vm";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { bindingOf } from "../net/guard/patch.ts";

interface TcpBinding {
  TCP: new (type: number) => { connect(request: object, address: string, port: number): unknown; close(): void };
  TCPConnectWrap: new () => object;
  constants: { SOCKET: number };
}

interface ResolverBinding {
  getaddrinfo(request: object, host: string, family: number, hints: number, order: number): number;
  GetAddrInfoReqWrap: new () => object;
}

const address = "192.0.2.1";
const settled = async (promise: Promise<unknown>) =>
  promise.then(
    () => {},
    () => {},
  );
const ended = async (emitter: NodeJS.EventEmitter) => {
  emitter.on("error", () => {});
  await new Promise<void>((resolve) => {
    for (const event of ["error", "close", "exit"]) emitter.once(event, () => resolve());
  });
};
const called = async (call: (done: () => void) => unknown) =>
  new Promise<void>((resolve) => void call(() => resolve()));

const reachOut = `fetch("http://${address}/").catch(() => {})`;

export const techniques: Readonly<Record<string, () => Promise<unknown>>> = {
  fetch: () => settled(fetch(`http://${address}/`)),
  WebSocket: () => called((done) => new WebSocket(`ws://${address}/`).addEventListener("error", done)),
  "http.get": () => ended(get({ host: address })),
  "https.get": () => ended(getHttps({ host: address })),
  "http2.connect": () => ended(connectHttp2(`http://${address}`)),
  "net.connect": () => ended(connect(80, address)),
  "net.connect over IPv6": () => ended(connect(80, "2001:db8::1")),
  "a socket that is connected later": () => ended(new Socket().connect(80, address)),
  "tls.connect": () => ended(connectTls(443, address)),
  "a look-up that answers with another address": () =>
    ended(
      get({
        host: "localhost",
        lookup: (_host, { all }, done) =>
          process.nextTick(() => (all === true ? done(null, [{ address, family: 4 }]) : done(null, address, 4))),
      }),
    ),
  "a redirect from loopback": async () => {
    const server = createServer((_request, response) => {
      response.writeHead(302, { location: `http://${address}/` }).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    await settled(fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
    server.closeAllConnections();
    server.close();
  },
  "a datagram": () => {
    const socket = createSocket("udp4");
    return called((done) => socket.send("x", 9, address, done)).finally(() => socket.close());
  },
  "a connected datagram socket": () => {
    const socket = createSocket("udp4");
    return called((done) => socket.connect(9, address, done)).finally(() => socket.close());
  },
  "dns.lookup": () => called((done) => lookup("inferguard.invalid", done)),
  "dns.promises.lookup": () => settled(lookupAsPromised("inferguard.invalid")),
  "dns.promises.resolve4": () => settled(resolve4("inferguard.invalid")),
  "dns.reverse": () => called((done) => dns.reverse(address, done)),
  "dns.lookupService": () => called((done) => dns.lookupService(address, 80, done)),
  "a resolver of its own": () => {
    const resolver = new Resolver();
    resolver.setServers([address]);
    return called((done) => resolver.resolveTxt("inferguard.invalid", done));
  },
  "the resolver's binding": () => {
    const { getaddrinfo, GetAddrInfoReqWrap } = bindingOf("cares_wrap") as unknown as ResolverBinding;
    return Promise.resolve(getaddrinfo(new GetAddrInfoReqWrap(), "inferguard.invalid", 0, 0, 0));
  },
  "a socket of Docker's": () => ended(connect("/var/run/docker.sock")),
  "code run by vm": () => settled(runInThisContext(reachOut) as Promise<unknown>),
  "code in a context of its own": () => settled(runInNewContext(reachOut, { fetch }) as Promise<unknown>),
  "Node's own handle": () => {
    const { TCP, TCPConnectWrap, constants } = bindingOf("tcp_wrap") as unknown as TcpBinding;
    const handle = new TCP(constants.SOCKET);
    handle.connect(new TCPConnectWrap(), address, 80);
    handle.close();
    return Promise.resolve();
  },
  "a worker": () => ended(new Worker(reachOut, { eval: true })),
  "a worker without options and environment": () => ended(new Worker(reachOut, { eval: true, execArgv: [], env: {} })),
  "a worker of a worker": () =>
    ended(
      new Worker(
        `const { Worker } = require("node:worker_threads"); new Worker(${JSON.stringify(reachOut)}, { eval: true });`,
        { eval: true },
      ),
    ),
  curl: () => called((done) => execFile("curl", ["-m", "1", `http://${address}/`], done)),
  "curl in a shell": () => called((done) => exec(`curl -m 1 http://${address}/`, done)),
  "wget, waited for": () => Promise.resolve(spawnSync("wget", [`http://${address}/`])),
  "nc by its path": () => ended(spawn("/usr/bin/nc", [address, "80"])),
  http: () => ended(spawn("http", [address], { stdio: "ignore" })),
  "grpc-cli": () => ended(spawn("grpc-cli", ["ls", address], { detached: true })),
  python3: () => settled(new Promise((resolve) => resolve(execFileSync("python3", ["-c", "1"])))),
  "a Node process": () => ended(spawn(process.execPath, ["-e", reachOut])),
  "a Node process without environment": () => ended(spawn(process.execPath, ["-e", reachOut], { env: {} })),
  "a Node process, waited for": () => Promise.resolve(spawnSync(process.execPath, ["-e", reachOut])),
  "a forked process": () => ended(fork(join(import.meta.dirname, "reach-out.fixture.mjs"))),
  "a Node process of a Node process": () =>
    ended(
      spawn(process.execPath, [
        "-e",
        `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(reachOut)}])`,
      ]),
    ),
  execve: () => settled(new Promise((resolve) => resolve(process.execve?.("/bin/true", ["true"])))),
  "a native addon": () => settled(new Promise((resolve) => resolve(process.dlopen({ exports: {} }, "/nowhere.node")))),
  "a loader's thread": () => {
    const register = Reflect.get(module, "register") as (specifier: string) => void;
    return settled(new Promise((resolve) => resolve(register(pathToFileURL("/nowhere.node").href))));
  },
  "an engine of OpenSSL's": () => settled(new Promise((resolve) => resolve(setEngine("/nowhere.node")))),
  "an extension of node:sqlite": () =>
    settled(
      import("node:sqlite").then(({ DatabaseSync }) =>
        new DatabaseSync(":memory:", { allowExtension: true }).loadExtension("/nowhere.node"),
      ),
    ),
  // On a Node that has it: it calls the system's own functions.
  ...(isBuiltin("node:ffi") ? { "node:ffi": () => settled(import(["node", "ffi"].join(":"))) } : {}),
};

/** Sockets: Node's own modules for them, the handles below those, and ways to get at the handles. */
import { pause, skip, when, within } from "./trying.mjs";

const net = () => import("node:net");
const dgram = () => import("node:dgram");

export const sockets = {
  "net.connect": async ({ host, port }) => when((await net()).connect(port, host), "connect", "error"),
  "net.Socket": async ({ host, port }) => when(new (await net()).Socket().connect(port, host), "connect", "error"),
  "net.connect by a name": async ({ namePort }) =>
    when((await net()).connect(namePort, "localhost"), "connect", "error"),
  "net.connect with a look-up of its own": async ({ host, port }) => {
    const lookup = (_name, { all }, callback) =>
      all ? callback(null, [{ address: host, family: 4 }]) : callback(null, host, 4);
    return when((await net()).connect({ host: "localhost", port, lookup }), "connect", "error");
  },
  "net.connect to a mapped address": async ({ host, port }) =>
    when((await net()).connect(port, `::ffff:${host}`), "connect", "error"),
  "net.connect from an address of its own": async ({ host, port }) =>
    when((await net()).connect({ host, port, localAddress: "127.0.0.1" }), "connect", "error"),
  "net.connect to a Unix socket": async ({ unixPath }) => when((await net()).connect(unixPath), "connect", "error"),
  "net.connect by a name imported before use": async ({ host, port }) => {
    const { connected } = await import(
      `data:text/javascript,import { connect } from "node:net"; export const connected = connect(${port}, "${host}");`
    );
    return when(connected, "connect", "error");
  },
  "net of process.getBuiltinModule": async ({ host, port }) =>
    when(process.getBuiltinModule("net").connect(port, host), "connect", "error"),
  "net of another vm context": async ({ host, port }) => {
    const { runInNewContext } = await import("node:vm");
    const connected = runInNewContext(`require("net").connect(${port}, "${host}")`, {
      require: process.getBuiltinModule("module").createRequire(import.meta.url),
    });
    return when(connected, "connect", "error");
  },
  "tls.connect": async ({ host, port }) => when((await import("node:tls")).connect(port, host), "connect", "error"),
  "UDP send": async ({ host, udpPort }) => {
    const socket = (await dgram()).createSocket("udp4");
    return within(new Promise((resolve, reject) => socket.on("error", reject).send("x", udpPort, host, resolve)));
  },
  "UDP connect and send": async ({ host, udpPort }) => {
    const socket = (await dgram()).createSocket("udp4");
    const connected = when(socket, "connect", "error");
    socket.connect(udpPort, host);
    await connected;
    socket.send("x");
    await pause(50);
  },
  "process.binding of tcp_wrap": ({ host, port }) => {
    const { TCP, TCPConnectWrap, constants } = process.binding("tcp_wrap");
    new TCP(constants.SOCKET).connect(new TCPConnectWrap(), host, port);
    return pause(100);
  },
  "a new handle of a socket's class": async ({ host, port }) => {
    const { handle, request } = await takenHandle(port, host);
    new handle.constructor(0).connect(request, host, port);
    return pause(100);
  },
  "a method that the guard hands to a replaced apply": async ({ host, port }) => {
    const { handle, request } = await takenHandle(port, host);
    const taken = new Set([Object.getPrototypeOf(handle).connect]);
    const { apply, call, bind } = Function.prototype;
    const reflect = Reflect.apply;
    const take = (original) =>
      function taking(...args) {
        taken.add(this);
        if (typeof args[0] === "function") taken.add(args[0]);
        return reflect(original, this, args);
      };
    Object.assign(Function.prototype, { apply: take(apply), call: take(call), bind: take(bind) });
    Reflect.apply = take(reflect);
    // And a say in who has a ticket.
    for (const { prototype } of [Map, WeakMap]) Object.assign(prototype, { get: () => ({ address: host, port }) });
    for (const { prototype } of [Set, WeakSet]) Object.assign(prototype, { has: () => true });
    new handle.constructor(0).connect(request, host, port);
    Object.assign(Function.prototype, { apply, call, bind });
    Reflect.apply = reflect;
    for (const method of taken)
      try {
        reflect(method, new handle.constructor(0), [request, host, port]);
      } catch {
        // Not every function is a method of a handle.
      }
    return pause(100);
  },
  "a new handle of a UDP socket's class": async ({ host, udpPort }) => {
    const socket = (await dgram()).createSocket("udp4");
    const [symbol] = Object.getOwnPropertySymbols(socket).filter((each) => String(each).includes("state"));
    const Handle = socket[symbol].handle.constructor;
    const handle = new Handle();
    if (handle.connect(host, udpPort) !== 0) throw Object.assign(new Error("denied"), { code: "EACCES" });
    const { SendWrap } = process.binding("udp_wrap");
    handle.send(new SendWrap(), [Buffer.from("x")], 1, false);
    return pause(100);
  },
  "a method taken off its prototype": async ({ host, port }) => {
    const { handle, request } = await takenHandle(port, host);
    const prototype = Object.getPrototypeOf(handle);
    const { connect } = prototype;
    Reflect.deleteProperty(prototype, "connect");
    Reflect.apply(prototype.connect ?? connect, new handle.constructor(0), [request, host, port]);
    return pause(100);
  },
  QUIC: async () => {
    if (process.features.quic !== true) skip("this Node is built without QUIC");
    await import("node:quic");
    return true;
  },
};

/** A handle of the kind that connects, and a request for it, caught on their way through node:net. */
async function takenHandle(port, host) {
  const { connect } = await net();
  const socket = connect(port, host).on("error", () => {});
  const handle = socket._handle;
  const request = await new Promise((resolve) => {
    const catching = (req) => {
      resolve(req);
      return 0;
    };
    // Not an assignment: the guard's method is read-only, and an object's own one may differ all the same.
    Object.defineProperty(handle, "connect", { value: catching });
  });
  return { handle, request: new request.constructor() };
}

/** HTTP and its kin: clients that Node brings, and those that people install. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { skip, when, within } from "./trying.mjs";

const url = ({ host, port }, scheme = "http") => `${scheme}://${host}:${port}/`;

export const clients = {
  fetch: (to) => within(fetch(url(to))),
  "fetch through the proxy of the environment": (to) => {
    if (!process.allowedNodeEnvironmentFlags.has("--use-env-proxy")) skip("this Node knows no proxy variables");
    return within(fetch(`http://127.0.0.1:${to.freePort}/`));
  },
  "fetch after a redirect": (to) => within(fetch(`http://127.0.0.1:${to.redirectPort}/`)),
  WebSocket: (to) => when(new WebSocket(url(to, "ws")), "open", "error"),
  "EventSource of undici": async (to) => {
    const { EventSource } = await installed(to, "undici");
    return when(new EventSource(url(to)), "open", "error");
  },
  http: async (to) => {
    const { get } = await import("node:http");
    return when(get(url(to)), "response", "error");
  },
  "http by an agent with its own connection": async (to) => {
    const [{ Agent, get }, { connect }] = await Promise.all([import("node:http"), import("node:net")]);
    const agent = new Agent();
    agent.createConnection = () => connect(to.port, to.host);
    return when(get(url(to), { agent }), "response", "error");
  },
  https: async (to) => {
    const { get } = await import("node:https");
    return when(get(url(to, "https")), "response", "error");
  },
  http2: async (to) => {
    const { connect } = await import("node:http2");
    return when(connect(url(to)), "connect", "error");
  },
  "http to a proxy on loopback": async (to) => {
    const { request } = await import("node:http");
    const toProxy = request({ host: "127.0.0.1", port: to.proxyPort, path: url(to) });
    return when(toProxy.end(), "response", "error");
  },
  "http over a Unix socket to a relay": async (to) => {
    const { get } = await import("node:http");
    return when(get({ socketPath: to.unixPath, path: "/" }), "response", "error");
  },
  "undici: its own client": async (to) => {
    const { Client } = await installed(to, "undici");
    return within(new Client(url(to)).request({ path: "/", method: "GET" }));
  },
  "undici: fetch over a new global dispatcher": async (to) => {
    const { Agent, setGlobalDispatcher } = await installed(to, "undici");
    setGlobalDispatcher(new Agent());
    return within(fetch(url(to)));
  },
  ws: async (to) => {
    const { default: Client } = await installed(to, "ws");
    return when(new Client(url(to, "ws")), "open", "error");
  },
  axios: async (to) => {
    const { default: axios } = await installed(to, "axios");
    return within(axios.get(url(to), { proxy: false }));
  },
  got: async (to) => {
    const { default: got } = await installed(to, "got");
    return within(got(url(to), { retry: { limit: 0 } }));
  },
  "node-fetch": async (to) => {
    const { default: nodeFetch } = await installed(to, "node-fetch");
    return within(nodeFetch(url(to)));
  },
};

/** A package of the cache that nodes.mjs fills. */
async function installed({ packages }, name) {
  if (packages === null) return skip("the clients are not installed: node test/egress/nodes.ts");
  const path = createRequire(join(packages, "index.js")).resolve(name);
  return import(pathToFileURL(path).href);
}

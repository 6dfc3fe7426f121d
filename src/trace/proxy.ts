/**
 * The recording proxy: it listens on loopback for an agent, passes on to one endpoint and to nothing else, and tells a
 * watcher what passed. It never waits on the watcher.
 */
import type { Authority } from "../net/authority.ts";
import type { ByteStream } from "../net/byte-stream.ts";
import type { Gate } from "../net/gate.ts";
import type { NetFailure, TlsSettings } from "../net/http-client.ts";
import { listenTcp } from "../net/listen.ts";
import type { ExchangeWatcher } from "./exchange.ts";
import { PassedConnection, type Passing } from "./passed-connection.ts";
import { type EndpointFront, headForEndpoint } from "./request-head.ts";
import { type Teller, tellLater } from "./tell-later.ts";

export interface ProxyOptions {
  /** Of category localhost-proxy. */
  listen: Authority;
  gate: Gate;
  endpoint: EndpointFront & { authority: Authority; tls: TlsSettings | null };
}

export interface TraceProxy {
  readonly port: number;
  /** Passes on from now on; connections that came before wait for it. */
  serve(watcher: ExchangeWatcher): void;
  /** What the person should know at the end, each with how often it happened. */
  notes(): ProxyNotes;
  /** Resolves once the agent has no connection open, or after so long, and then what has passed is told. */
  settle(withinMs: number): Promise<void>;
  /** Ends every connection; resolves once all is told. */
  close(): Promise<void>;
}

export interface ProxyNotes {
  /** By the reason that the agent was given. */
  refused: ReadonlyMap<string, number>;
  /** Connections that the endpoint did not take, by why. */
  notConnected: ReadonlyMap<string, number>;
  /** Replies with 3xx and a Location: where the agent goes from there is its own business. */
  redirects: number;
  /** Exchanges that passed and were not recorded because the watcher failed, by what it failed with. */
  notRecorded: ReadonlyMap<string, number>;
  /** Bodies of which a part passed too fast to be read. */
  incomplete: number;
}

/** As long as a system tries by itself: the agent has its own patience. */
const CONNECT_TIMEOUT_MS = 120_000;

/** @throws UserError when it cannot listen there. */
export async function startProxy({ listen, gate, endpoint }: ProxyOptions): Promise<TraceProxy> {
  let teller: Teller | null = null;
  const early: ByteStream[] = [];
  const connections = new Set<PassedConnection>();
  const refused = new Map<string, number>();
  const notConnected = new Map<string, number>();
  let redirects = 0;
  let wake = () => {};

  const passingTo = (begin: Teller["begin"]): Passing => ({
    connect: (signal) =>
      gate.connectStream(endpoint.authority, endpoint.tls, { timeoutMs: CONNECT_TIMEOUT_MS, signal }),
    headFor: (head) => headForEndpoint(head, endpoint),
    begin,
    onResponse({ status, headers }) {
      if (status >= 300 && status < 400 && headers.has("location")) redirects++;
    },
    onRefusal: ({ message }) => count(refused, message),
    onFailure: ({ message }: NetFailure) => count(notConnected, message),
  });
  let accept = (agent: ByteStream) => {
    agent.stream.on("error", () => {});
    early.push(agent);
  };
  const listener = await listenTcp(listen, (agent) => accept(agent));
  const serve = (passing: Passing, agent: ByteStream) => {
    const connection = new PassedConnection(agent, passing, () => {
      connections.delete(connection);
      if (connections.size === 0) wake();
    });
    connections.add(connection);
  };

  return {
    port: listener.port,
    serve(watcher) {
      teller = tellLater(watcher);
      const passing = passingTo(teller.begin);
      accept = (agent) => serve(passing, agent);
      for (const agent of early.splice(0)) accept(agent);
    },
    notes() {
      const { broken, incomplete } = teller?.failures() ?? { broken: new Map<string, number>(), incomplete: 0 };
      return { refused, notConnected, redirects, notRecorded: broken, incomplete };
    },
    async settle(withinMs) {
      if (connections.size > 0)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      await teller?.told();
    },
    async close() {
      for (const connection of connections) connection.close();
      await listener.close();
      await teller?.told();
    },
  };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

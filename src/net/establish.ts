/**
 * Agreeing on a connection, layer upon layer: TCP, then with a proxy TLS to it if it wants that and a tunnel, then TLS to
 * the endpoint.
 */
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { failureOf } from "./failure.ts";
import type { NetFailure, TlsSettings } from "./http-client.ts";
import { tlsOptions } from "./tls-options.ts";
import { encodeConnect, readTunnelAnswer, type Tunnel } from "./tunnel.ts";

export interface Wanted {
  /** Null to speak to the address itself. */
  tunnel: Tunnel | null;
  tls: TlsSettings | null;
  /** For all of it. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** What is told meanwhile. */
export interface Establishing {
  /** The socket hands over what it reads by itself. */
  readsByItself: boolean;
  /** Null: the uppermost layer is handed over as a stream that nobody has read from. */
  onBytes: ((bytes: Uint8Array) => void) | null;
  /** A layer is the uppermost from now on: it is what is written to and read from. */
  onLayer(socket: Socket): void;
  /** Who takes what arrives, because it is the proxy's answer; null for the endpoint's. */
  onAsking(take: ((bytes: Uint8Array) => void) | null): void;
}

/** @returns null once bytes go to the endpoint and come from it; else why not, and then everything is destroyed */
export function establish(wire: Socket, wanted: Wanted, told: Establishing): Promise<NetFailure | null> {
  const { tunnel, tls, timeoutMs, signal } = wanted;
  let socket = wire;
  let stage: Stage = "connecting";

  return new Promise((resolve) => {
    const timer = setTimeout(
      () => fail({ kind: "connect_timeout", message: `no connection within ${timeoutMs} ms` }),
      timeoutMs,
    );
    const cancel = () => fail({ kind: "cancelled", message: "cancelled while connecting" });
    const settle = (failure: NetFailure | null) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      resolve(failure);
    };
    const fail = (failure: NetFailure) => {
      socket.destroy();
      settle(failure);
    };

    const add = (layer: Socket) => {
      socket = layer;
      layer.on("error", (error) => {
        if (layer === socket) settle(failureOf(error, stage === "tunnel" ? "exchange" : stage));
        else socket.destroy(error);
      });
      layer.on("close", () => {
        if (layer === socket) settle(closed[stage]);
      });
      told.onLayer(layer);
    };
    const secure = (settings: TlsSettings, next: () => void) => {
      stage = "tls";
      add(connectTls({ ...tlsOptions(settings), socket }));
      socket.once("secureConnect", next);
    };
    const ask = (for_: Tunnel, next: () => void) => {
      stage = "tunnel";
      const layer = socket;
      const feed = readTunnelAnswer(for_);
      const take = (bytes: Uint8Array) => {
        const answer = feed(bytes);
        if (answer === null) return;
        if (!told.readsByItself) layer.off("data", take);
        told.onAsking(null);
        if (answer === "up") next();
        else fail(answer);
      };
      told.onAsking(take);
      if (!told.readsByItself) layer.on("data", take);
      layer.write(encodeConnect(for_));
    };
    const reachEndpoint = () => (tls === null ? finish() : secure(tls, finish));
    const finish = () => {
      stage = "exchange";
      if (told.onBytes === null) socket.pause();
      else if (!told.readsByItself) socket.on("data", told.onBytes);
      settle(null);
    };

    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel);
    add(wire);
    wire.once("connect", () => {
      if (tunnel === null) reachEndpoint();
      else if (tunnel.proxyTls === null) ask(tunnel, reachEndpoint);
      else secure(tunnel.proxyTls, () => ask(tunnel, reachEndpoint));
    });
  });
}

type Stage = "connecting" | "tls" | "tunnel" | "exchange";

/** What it means that the other side closes the connection, by what was being agreed on. */
const closed: Readonly<Record<Stage, NetFailure>> = {
  connecting: { kind: "reset", message: "the server closed the connection" },
  tls: { kind: "tls", message: "the server closed the connection during the TLS handshake" },
  tunnel: { kind: "reset", message: "the proxy closed the connection without an answer" },
  exchange: { kind: "reset", message: "the server closed the connection" },
};

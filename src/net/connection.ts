/**
 * One connection, plain or TLS. On a plain one bytes arrive through `onread`: one shared buffer, no stream machinery, so
 * that the time stamp is as close to the read as JavaScript gets. TLS runs on a plain socket of ours, because only that
 * one counts what really crosses the wire, handshake and records included; Node gives it no `onread`, and its stream
 * costs two microseconds a read.
 *
 * Only the gate makes connections.
 */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
} from "node:tls";
import { monotonicMs } from "../clock.ts";
import { failureOf } from "./failure.ts";
import type { NetFailure, TlsSettings } from "./http-client.ts";
import { stampRead } from "./read-clock.ts";
import { workLater } from "./read-queue.ts";
import { admitConnection } from "./tickets.ts";

export interface ConnectionHandler {
  onBytes(bytes: Uint8Array, atMs: number): void;
  /** The other side has ended, or the connection broke (then with the failure). Nothing comes after it. */
  onEnd(failure: NetFailure | null, atMs: number): void;
}

export interface Connection {
  readonly address: string;
  readonly connectStartMs: number;
  readonly connectedMs: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Nothing has arrived or ended since the last response, and all that was written is on its way. */
  readonly isIdle: boolean;
  /** Who hears of what arrives. With nobody listening, anything that arrives makes the connection useless. */
  receive(handler: ConnectionHandler | null): void;
  write(bytes: Uint8Array): void;
  onClosed(callback: () => void): void;
  destroy(): void;
}

const sharedBuffer = new Uint8Array(256 * 1024);

export function openConnection(options: {
  address: string;
  port: number;
  tls: TlsSettings | null;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}): { connection: Connection; ready: Promise<NetFailure | null> } {
  const { address, port, tls, timeoutMs, signal } = options;
  const connectStartMs = monotonicMs();
  let connectedMs = NaN;
  let handler: ConnectionHandler | null = null;
  let broken = false;

  /** Reads that are stamped and not yet worked on. */
  let waiting = 0;

  function onBytes(bytes: Uint8Array): void {
    const atMs = stampRead();
    // The shared buffer is overwritten by the next read.
    const copy = bytes.slice();
    waiting++;
    workLater(() => {
      waiting--;
      if (handler === null) socket.destroy();
      else handler.onBytes(copy, atMs);
    }, copy.length);
  }
  const onread = {
    buffer: sharedBuffer,
    callback(length: number, buffer: Uint8Array): boolean {
      onBytes(buffer.subarray(0, length));
      return true;
    },
  };
  const wire = connectPlain({ host: address, port, noDelay: true, ...(tls === null ? { onread } : {}) });
  // Node makes the handle at once, and connects it in the next tick.
  admitConnection(Reflect.get(wire, "_handle"), address, port);
  const socket: Socket = tls === null ? wire : connectTls({ socket: wire, ...tlsOptions(tls) });
  if (tls !== null) {
    wire.on("error", (error) => socket.destroy(error));
    socket.on("data", onBytes);
  }

  function endWith(failure: NetFailure | null): void {
    if (broken) return;
    broken = true;
    const atMs = monotonicMs();
    // After the bytes that came before it.
    workLater(() => {
      const told = handler;
      handler = null;
      told?.onEnd(failure, atMs);
    }, 0);
  }

  const ready = new Promise<NetFailure | null>((resolve) => {
    let tcpConnected = false;
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
      broken = true;
      socket.destroy();
      settle(failure);
    };
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel);
    wire.once("connect", () => {
      tcpConnected = true;
    });
    socket.once(tls === null ? "connect" : "secureConnect", () => {
      connectedMs = monotonicMs();
      settle(null);
    });
    socket.once("error", (error) => settle(failureOf(error, tls !== null && tcpConnected ? "tls" : "connecting")));
    socket.once("close", () =>
      settle(
        tls !== null && tcpConnected
          ? { kind: "tls", message: "the server closed the connection during the TLS handshake" }
          : { kind: "reset", message: "the server closed the connection" },
      ),
    );
  });
  socket.on("error", (error) => endWith(failureOf(error, "exchange")));
  socket.on("end", () => endWith(null));
  socket.on("close", () => endWith({ kind: "reset", message: "the connection was closed" }));

  return {
    ready,
    connection: {
      address,
      connectStartMs,
      get connectedMs() {
        return connectedMs;
      },
      get bytesOut() {
        return wire.bytesWritten;
      },
      get bytesIn() {
        return wire.bytesRead;
      },
      get isIdle() {
        return !broken && waiting === 0 && !socket.destroyed && socket.writableLength === 0;
      },
      receive(next) {
        handler = next;
      },
      write(bytes) {
        socket.write(bytes);
      },
      onClosed(callback) {
        socket.once("close", callback);
      },
      destroy() {
        socket.destroy();
      },
    },
  };
}

function tlsOptions(tls: TlsSettings): object {
  return {
    // An address is no server name (RFC 6066 section 3), but the certificate must still be for it.
    servername: isIP(tls.serverName) === 0 ? tls.serverName : "",
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(tls.serverName, certificate),
    ...(tls.ca === null ? {} : { secureContext: contextTrusting(tls.ca) }),
    rejectUnauthorized: !tls.insecure,
    ALPNProtocols: ["http/1.1"],
  };
}

const contexts = new Map<string, SecureContext>();

/** Made once for each `ca`: reading all certificates takes ten milliseconds, in which no other connection is read. */
function contextTrusting(ca: string): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext({ ca: [...getCACertificates("default"), ca] });
  contexts.set(ca, context);
  return context;
}

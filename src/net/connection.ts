/**
 * One connection, plain or TLS. On a plain one bytes arrive through `onread`: one shared buffer, no stream machinery, so
 * that the time stamp is as close to the read as JavaScript gets. TLS runs on a plain socket of ours, because only that
 * one counts what really crosses the wire, handshake and records included; Node gives it no `onread`, and its stream
 * costs two microseconds a read.
 *
 * Only the gate makes connections.
 */
import { connect as connectPlain, type OnReadOpts, type Socket } from "node:net";
import { monotonicMs } from "../clock.ts";
import { establish, type Wanted } from "./establish.ts";
import { failureOf } from "./failure.ts";
import type { NetFailure } from "./http-client.ts";
import { stampRead } from "./read-clock.ts";
import { readLater, workLater } from "./read-queue.ts";
import { admitConnection, withPipeConnect } from "./tickets.ts";

export interface ConnectionHandler {
  /** `bytes` from `from` up to `to`. They are overwritten afterwards. */
  onBytes(bytes: Uint8Array, from: number, to: number, atMs: number): void;
  /** The other side has ended, or the connection broke (then with the failure). Nothing comes after it. */
  onEnd(failure: NetFailure | null, atMs: number): void;
}

/** What the gate counts and closes. */
export interface Counted {
  /** All that crossed the wire. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** As many of them were for the proxy itself, until its tunnel stood. */
  readonly proxyBytesOut: number;
  readonly proxyBytesIn: number;
  onClosed(callback: () => void): void;
  destroy(): void;
}

export interface Connection extends Counted {
  readonly address: string;
  readonly connectStartMs: number;
  readonly connectedMs: number;
  /** Nothing has arrived or ended since the last response, and all that was written is on its way. */
  readonly isIdle: boolean;
  /** Who hears of what arrives. With nobody listening, anything that arrives makes the connection useless. */
  receive(handler: ConnectionHandler | null): void;
  write(bytes: Uint8Array): void;
}

const sharedBuffer = Buffer.alloc(256 * 1024);

export function openConnection(options: Wanted & { address: string; port: number }): {
  connection: Connection;
  ready: Promise<NetFailure | null>;
} {
  const { address, port, tunnel, tls } = options;
  const readsByItself = tls === null && (tunnel?.proxyTls ?? null) === null;
  const connectStartMs = monotonicMs();
  let connectedMs = NaN;
  let handler: ConnectionHandler | null = null;
  let broken = false;
  /** Takes what arrives while a proxy is asked for its tunnel. */
  let takeAnswer: ((bytes: Uint8Array) => void) | null = null;
  /** Null until the tunnel stands: all bytes are the proxy's up to then. */
  let tunnelFrom: { out: number; in: number } | null = tunnel === null ? { out: 0, in: 0 } : null;

  /** Reads that are stamped and not yet worked on. */
  let waiting = 0;

  function work(bytes: Uint8Array, from: number, to: number, atMs: number): void {
    waiting--;
    if (handler === null) socket.destroy();
    else handler.onBytes(bytes, from, to, atMs);
  }
  function onBytes(bytes: Uint8Array, length = bytes.length): void {
    const atMs = stampRead();
    waiting++;
    readLater(work, bytes, length, atMs);
  }
  const onread = {
    buffer: sharedBuffer,
    callback(length: number, buffer: Uint8Array): boolean {
      if (takeAnswer === null) onBytes(buffer, length);
      else takeAnswer(buffer.subarray(0, length));
      return true;
    },
  };
  const wire = connectWire(address, port, readsByItself ? { onread } : {});
  let socket: Socket = wire;

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

  const ready = establish(wire, options, {
    readsByItself,
    onBytes: (bytes) => onBytes(bytes),
    onLayer(layer) {
      socket = layer;
      const only = (end: () => NetFailure | null) => {
        if (layer === socket) endWith(end());
      };
      layer.on("error", (error) => only(() => failureOf(error, "exchange")));
      layer.on("end", () => only(() => null));
      layer.on("close", () => only(() => ({ kind: "reset", message: "the connection was closed" })));
    },
    onAsking(take) {
      takeAnswer = take;
      if (take === null) tunnelFrom = { out: wire.bytesWritten, in: wire.bytesRead };
    },
  }).then((failure) => {
    if (failure === null) connectedMs = monotonicMs();
    return failure;
  });

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
      get proxyBytesOut() {
        return tunnelFrom?.out ?? wire.bytesWritten;
      },
      get proxyBytesIn() {
        return tunnelFrom?.in ?? wire.bytesRead;
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
        wire.once("close", callback);
      },
      destroy() {
        socket.destroy();
      },
    },
  };
}

/** An address that is a path is a Unix socket's. */
function connectWire(address: string, port: number, reading: { onread?: OnReadOpts }): Socket {
  // Node connects a Unix socket while its stream is being made.
  if (address.startsWith("/")) return withPipeConnect(address, () => connectPlain({ path: address, ...reading }));
  const wire = connectPlain({ host: address, port, noDelay: true, ...reading });
  // Node makes the handle at once, and connects it in the next tick.
  admitConnection(Reflect.get(wire, "_handle"), address, port);
  return wire;
}

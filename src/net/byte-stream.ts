/**
 * A connection for who passes bytes on: a stream of Node's, with its backpressure, on which each side can end while the
 * other goes on. connection.ts is for who measures.
 *
 * Only the gate and the listeners make them.
 */
import { connect as connectPlain, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Counted } from "./connection.ts";
import { establish, type Wanted } from "./establish.ts";
import type { NetFailure } from "./http-client.ts";
import { admitConnection } from "./tickets.ts";

export interface ByteStream {
  /** Paused at first: it is to be resumed. */
  readonly stream: Duplex;
  /** The disorderly end: RST. What was written and not yet sent is lost. */
  reset(): void;
}

export type CountedStream = ByteStream & Counted;

export function openByteStream(options: Wanted & { address: string; port: number }): {
  connection: CountedStream;
  ready: Promise<NetFailure | null>;
} {
  const { address, port, tunnel } = options;
  const wire = connectPlain({ host: address, port, noDelay: true, allowHalfOpen: true });
  // Node makes the handle at once, and connects it in the next tick.
  admitConnection(Reflect.get(wire, "_handle"), address, port);
  let stream: Socket = wire;
  let tunnelFrom: { out: number; in: number } | null = tunnel === null ? { out: 0, in: 0 } : null;
  const ready = establish(wire, options, {
    readsByItself: false,
    onBytes: null,
    onLayer(layer) {
      stream = layer;
    },
    onAsking(take) {
      if (take === null) tunnelFrom = { out: wire.bytesWritten, in: wire.bytesRead };
    },
  });
  return {
    ready,
    connection: {
      get stream() {
        return stream;
      },
      reset: () => resetOrDestroy(wire, stream),
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
      onClosed(callback) {
        wire.once("close", callback);
      },
      destroy: () => void stream.destroy(),
    },
  };
}

/** A socket of a listener of ours. */
export function acceptedStream(socket: Socket): ByteStream {
  return { stream: socket, reset: () => resetOrDestroy(socket, socket) };
}

/** A handle that TLS has taken over cannot be reset, and one that is gone need not be. */
function resetOrDestroy(wire: Socket, stream: Socket): void {
  if (wire === stream && !wire.destroyed) wire.resetAndDestroy();
  else stream.destroy();
}

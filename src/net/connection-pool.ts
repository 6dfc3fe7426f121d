/**
 * Connections between requests. One that was idle for more than 2 s, or on which anything arrived or ended meanwhile, is
 * not reused: a server may close an idle connection at any time, and that must not look like a fault of the next request.
 *
 * Some servers say keep-alive and close after each reply all the same (llama.cpp's does after a stream), a fraction of a
 * millisecond later: the next request would run into it. So the first connections that are given back are watched for a
 * moment, and where the server closes one, each request gets a new one.
 */
import { monotonicMs, sleep } from "../clock.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import type { HttpRequest, NetFailure, TlsSettings } from "./http-client.ts";

export const MAX_IDLE_MS = 2000;
/** Long enough for a close that follows a reply to arrive. */
const WATCH_MS = 25;

/** What connections are kept for: a server can treat streams and small answers differently. */
export type PoolKey = Pick<HttpRequest, "authority" | "tls" | "method">;

export interface ConnectionPool {
  /** A connection that is ready to be written to. `reused` is false when it was opened for this call. */
  acquire(
    key: PoolKey,
    options: { timeoutMs: number; signal: AbortSignal | undefined },
  ): Promise<{ connection: Connection; reused: boolean } | { failure: NetFailure }>;
  /** Gives a connection back after a whole response that left it usable. */
  release(key: PoolKey, connection: Connection): void;
  close(): void;
}

interface Shelf {
  idle: { connection: Connection; sinceMs: number }[];
  /** Whether the server keeps connections after a reply; null until one was watched. */
  keeps: boolean | null;
  isWatching: boolean;
}

export function openConnectionPool(gate: Gate, mode: "reuse" | "new"): ConnectionPool {
  const shelves = new Map<string, Shelf>();
  let closed = false;

  function shelfOf({ authority, tls, method }: PoolKey): Shelf {
    const key = `${method} ${authority.category} ${authority.host}:${authority.port} ${nameOf(tls)}`;
    let shelf = shelves.get(key);
    if (shelf === undefined)
      shelves.set(key, (shelf = { idle: [], keeps: mode === "new" ? false : null, isWatching: false }));
    return shelf;
  }

  async function watch(shelf: Shelf, connection: Connection): Promise<void> {
    shelf.isWatching = true;
    await sleep(WATCH_MS);
    await afterOnePoll();
    shelf.keeps = connection.isIdle;
    if (!shelf.keeps) for (const entry of shelf.idle.splice(0)) entry.connection.destroy();
  }

  return {
    async acquire(key, options) {
      const shelf = shelfOf(key);
      while (shelf.keeps === true) {
        const entry = shelf.idle.pop();
        if (entry === undefined) break;
        await afterOnePoll();
        if (entry.connection.isIdle && monotonicMs() - entry.sinceMs <= MAX_IDLE_MS)
          return { connection: entry.connection, reused: true };
        entry.connection.destroy();
      }
      const opened = await gate.connect(key.authority, key.tls, options);
      return "failure" in opened ? opened : { connection: opened.connection, reused: false };
    },

    release(key, connection) {
      connection.receive(null);
      const shelf = shelfOf(key);
      if (shelf.keeps === false || closed || !connection.isIdle) {
        connection.destroy();
        return;
      }
      const nowMs = monotonicMs();
      // The last one given back is the first one taken: those that are not needed grow old at the other end.
      while (shelf.idle[0] !== undefined && nowMs - shelf.idle[0].sinceMs > MAX_IDLE_MS)
        shelf.idle.shift()?.connection.destroy();
      shelf.idle.push({ connection, sinceMs: nowMs });
      if (shelf.keeps === null && !shelf.isWatching) void watch(shelf, connection);
    },

    close() {
      closed = true;
      for (const { idle } of shelves.values()) for (const { connection } of idle.splice(0)) connection.destroy();
    },
  };
}

/** Sockets are polled between two immediates, so that a close that has already arrived is seen. */
async function afterOnePoll(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

function nameOf(tls: TlsSettings | null): string {
  return tls === null ? "plain" : tls.serverName;
}

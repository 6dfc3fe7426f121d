/** The HTTP/1.1 client: gate, pool and exchange put together. */
import { monotonicMs } from "../clock.ts";
import { openConnectionPool } from "./connection-pool.ts";
import { exchangeOn } from "./exchange.ts";
import type { Gate } from "./gate.ts";
import type { Exchange, HttpClient, NetFailure } from "./http-client.ts";

/** `connections`: keep them between requests, or open a new one for each. */
export function openHttpClient(gate: Gate, connections: "reuse" | "new"): HttpClient {
  const pool = openConnectionPool(gate, connections);

  return {
    exchange(request, limits, observer = {}) {
      const wantedMs = monotonicMs();
      const { requestTimeoutMs, connectTimeoutMs, signal } = limits;
      const timeoutMs = requestTimeoutMs === null ? connectTimeoutMs : Math.min(connectTimeoutMs, requestTimeoutMs);
      const deadlineMs = requestTimeoutMs === null ? null : wantedMs + requestTimeoutMs;
      const wish = pool.acquire(request, { timeoutMs, signal });
      // One promise for all of it: each lives as long as the stream does.
      return new Promise((resolve, reject) => {
        const send = (acquired: Awaited<typeof wish>) => {
          if ("failure" in acquired) return resolve(notSent(wantedMs, acquired.failure));
          const { connection, reused } = acquired;
          if (signal?.aborted) {
            pool.release(request, connection);
            return resolve(notSent(wantedMs, { kind: "cancelled", message: "cancelled before it was sent" }));
          }
          exchangeOn(connection, request, limits, deadlineMs, observer, (ended) => {
            if (ended.reusable) pool.release(request, connection);
            const { sentMs, firstByteMs, endMs, head, failure } = ended;
            const connectStartMs = reused ? null : connection.connectStartMs;
            const connectedMs = reused ? null : connection.connectedMs;
            resolve({ connectStartMs, connectedMs, sentMs, firstByteMs, endMs, head, failure });
          });
        };
        wish.then(send).catch(reject);
      });
    },
    close: () => pool.close(),
  };
}

function notSent(wantedMs: number, failure: NetFailure): Exchange {
  return {
    connectStartMs: failure.kind === "dns" || failure.kind === "posture_denied" ? null : wantedMs,
    connectedMs: null,
    sentMs: null,
    firstByteMs: null,
    endMs: monotonicMs(),
    head: null,
    failure,
  };
}
